"""How far a value lies from what a regression on the values before it, and a cycle before, had said.

In: values and the season. Out: scores: the tail of the absolute error in the history of such errors, all of them made
before the value was known: outside the conformal interval of a forecast one step ahead. The regression (ridge, on the
last `lags` values, the value and the mean of a cycle ago) is fitted to what came before, anew whenever the history has
grown by a quarter. Gaps take the value before them.
"""

from itertools import pairwise

import numpy as np

from models.detectors.lags import (
    beyond_rounding,
    bounded,
    filled,
    lagged,
    mean_and_spread,
    moments,
    recent_mean,
)
from models.detectors.tails import ODD_RESIDUAL, WARM_UP, tail_scores
from models.ports import Flags, Floats

_FIRST = WARM_UP  # values before the first fit
_GROWTH = 1.25
_MEMORY = 4000  # values that a fit looks at
_SMOOTH = 6
_RIDGE = 0.01


class ForecastResidual:
    name = "forecast_residual"
    threshold = ODD_RESIDUAL

    def __init__(self, lags: int = 12, first: int = _FIRST) -> None:
        self._lags, self._first = lags, first

    def scores(self, values: Floats, season: int) -> Floats:
        return tail_scores(self.strangeness(values, season))

    def strangeness(self, values: Floats, season: int) -> Floats:
        values = bounded(values)
        found = np.full(len(values), np.nan)
        if len(values) == 0:
            return found
        full = filled(values)
        near = [lagged(full, lag) for lag in range(1, self._lags + 1)]
        cycle = [lagged(full, season), lagged(recent_mean(full, _SMOOTH), season)]
        for begin, end in pairwise([*moments(len(values), self._first, _GROWTH), len(values)]):
            inputs = np.stack(near + cycle if begin >= 2 * season + self._first else near)
            found[begin:end] = np.abs(values[begin:end] - _said(inputs, values, begin, end))
        return beyond_rounding(found, values)


def _said(inputs: Floats, values: Floats, begin: int, end: int) -> Floats:
    """From `begin` to `end`, by what was known at `begin`."""
    past = slice(max(0, begin - _MEMORY), begin)
    whole: Flags = ~(np.isnan(inputs[:, past]).any(axis=0) | np.isnan(values[past]))
    known_inputs, known_values = inputs[:, past][:, whole], values[past][whole]
    if len(known_values) == 0:
        return np.full(end - begin, np.nan)
    mean, spread = mean_and_spread(known_values)
    rows = (known_inputs - mean) / spread
    penalty = _RIDGE * len(known_values) * np.eye(len(rows))
    weights = np.linalg.solve(rows @ rows.T + penalty, rows @ ((known_values - mean) / spread))
    said = np.zeros(end - begin)
    for row, weight in zip(
        inputs[:, begin:end], weights, strict=True
    ):  # in this order, however many there are
        said += weight * ((row - mean) / spread)
    return np.asarray(mean + spread * said)
