"""How far the last values lie, as a row, from every row of that length before: shapes that were never there.

In: values. Out: scores: the tail of the distance to the nearest earlier row, in its own history. Lag embeddings and
nearest neighbours as in kNN-CAD (Burnaev & Ishimtsev 2016), with one neighbour and the plain distance: a discord, as
in Yeh et al. 2016, looking back only. Gaps take the value before them. It knows no season.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.detectors.lags import bounded, filled
from models.detectors.tails import BLOCK, ODD, tail_scores
from models.ports import Floats


class ShapeNovelty:
    name = "shape_novelty"
    threshold = ODD

    def __init__(self, length: int = 6, memory: int = 4000) -> None:
        """`memory`: no more rows than these last are looked through, two weeks of five minutes."""
        self._length, self._memory = length, memory

    def scores(self, values: Floats, season: int) -> Floats:
        return tail_scores(self.strangeness(values, season))

    def strangeness(self, values: Floats, season: int) -> Floats:  # noqa: ARG002 - the port names it
        values = bounded(values)
        found = np.full(len(values), np.nan)
        places = np.flatnonzero(~np.isnan(values))
        if len(places) == 0 or len(values) - places[0] <= 2 * self._length:
            return found
        first = int(places[0])
        rows = np.ascontiguousarray(sliding_window_view(filled(values[first:]), self._length).T)
        for begin in range(BLOCK, rows.shape[1], BLOCK):
            end = begin - self._length + 1  # rows that share no value with the block's
            earlier = rows[:, max(0, end - self._memory) : end]
            if earlier.shape[1] > 0:
                block = rows[:, begin : begin + BLOCK]
                at = first + begin + self._length - 1
                found[at : at + block.shape[1]] = _nearest(earlier, block)
        return np.where(np.isnan(values), np.nan, found)


def _nearest(earlier: Floats, block: Floats) -> Floats:
    squares = np.zeros((block.shape[1], earlier.shape[1]))
    for one, other in zip(earlier, block, strict=True):
        squares += np.square(one[None] - other[:, None])
    return np.asarray(np.sqrt(squares.min(axis=1)))
