"""How far a value lies from the few components that rows of values before were made of (singular spectrum analysis).

In: values. Out: scores: the tail of that distance in its own history. The rows of `length` values before a moment have
a mean and principal components; what the first few of them leave of the newest value of a row is the residual, as in
Golyandina & Osipov 2007. Fitted to what came before, anew whenever the history has grown by a quarter. Gaps take the
value before them. It knows no season beyond the length of a row.
"""

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.detectors.lags import beyond_rounding, bounded, filled, lagged, mean_and_spread, moments
from models.detectors.tails import ODD_RESIDUAL, WARM_UP, tail_scores
from models.ports import Floats

_GROWTH = 1.25
_MEMORY = 4000  # rows that a fit looks at


class SubspaceResidual:
    name = "subspace_residual"
    threshold = ODD_RESIDUAL

    def __init__(self, length: int = 24, components: int = 3, first: int = WARM_UP) -> None:
        """`first`: so many values before the first fit."""
        self._length, self._components, self._first = length, components, first

    def scores(self, values: Floats, season: int) -> Floats:
        return tail_scores(self.strangeness(values, season))

    def strangeness(self, values: Floats, season: int) -> Floats:  # noqa: ARG002 - the port names it
        values = bounded(values)
        found = np.full(len(values), np.nan)
        if len(values) < self._first:
            return found
        full = filled(values)
        lags = np.stack([lagged(full, lag) for lag in range(self._length)])
        for begin, end in pairwise([*moments(len(values), self._first, _GROWTH), len(values)]):
            found[begin:end] = self._residual(full[max(0, begin - _MEMORY) : begin], lags[:, begin:end])
        return beyond_rounding(np.where(np.isnan(values), np.nan, np.abs(found)), values)

    def _residual(self, past: Floats, lags: Floats) -> Floats:
        """Of the first row of the lags, the newest values."""
        past = past[~np.isnan(past)]
        if len(past) < 2 * self._length:
            return np.full(lags.shape[1], np.nan)
        centre, spread = mean_and_spread(past)
        rows = sliding_window_view((past - centre) / spread, self._length)[:, ::-1]
        mean = np.mean(rows, axis=0)
        centred = rows - mean
        _, vectors = np.linalg.eigh(centred.T @ centred)
        kept = vectors[:, -self._components :]
        weights = np.eye(self._length)[0] - kept @ kept[0]
        residual = np.zeros(lags.shape[1])
        for lag, weight, usual in zip(
            lags, weights, mean, strict=True
        ):  # in this order, however many there are
            residual += weight * ((lag - centre) / spread - usual)
        return np.asarray(spread * residual)
