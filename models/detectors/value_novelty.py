"""How far a value lies from the nearest value that was ever there: what was seen before is not strange.

In: values. Out: scores: the tail of the mean distance to the `neighbours` nearest earlier values, in its own history.
Nearest neighbours as a measure of non-conformity, after Burnaev & Ishimtsev 2016 (kNN-CAD), of single values. High,
low and in between are the same to it; it knows no season and no order.
"""

import numpy as np

from models.detectors.lags import bounded
from models.detectors.tails import BLOCK, ODD, tail_scores
from models.ports import Floats


class ValueNovelty:
    name = "value_novelty"
    threshold = ODD

    def __init__(self, neighbours: int = 1) -> None:
        self._neighbours = neighbours

    def scores(self, values: Floats, season: int) -> Floats:
        return tail_scores(self.strangeness(values, season))

    def strangeness(self, values: Floats, season: int) -> Floats:  # noqa: ARG002 - the port names it
        values = bounded(values)
        found = np.full(len(values), np.nan)
        history = np.empty(0)
        for begin in range(0, len(values), BLOCK):
            block = values[begin : begin + BLOCK]
            if len(history) >= 2 * self._neighbours:
                found[begin : begin + BLOCK] = self._distance(history, block)
            history = np.sort(np.concatenate([history, block[~np.isnan(block)]]), kind="stable")
        return found

    def _distance(self, history: Floats, block: Floats) -> Floats:
        """The nearest of a sorted history lie beside where a value would stand."""
        places = np.searchsorted(history, block)[:, None] + np.arange(-self._neighbours, self._neighbours)
        there = (places >= 0) & (places < len(history))
        distance = np.abs(history[np.clip(places, 0, len(history) - 1)] - block[:, None])
        nearest = np.sort(np.where(there, distance, np.inf), axis=1)[:, : self._neighbours]
        return np.where(np.isnan(block), np.nan, nearest.sum(axis=1) / self._neighbours)
