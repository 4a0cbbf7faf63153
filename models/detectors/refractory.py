"""Says each thing once: after a score, only higher ones count for a while.

In: a detector and values. Out: its scores, and 0 where one as high was there within the last `share` of all values so
far. A run of odd values is reported at its first one, at any threshold, and again only when it grows worse. For whoever
is told of every value over the threshold, as in NAB; where incidents are merged in time, that is done there.
"""

from collections import deque

import numpy as np

from models.detectors.ensemble import Ensemble
from models.ports import Detector, Floats


class Refractory:
    def __init__(self, detector: Detector, share: float = 0.03, points_min: int = 12) -> None:
        """`share`: incidents of a long series are long; it is not known beforehand how long the series will be."""
        self._detector, self._share, self._points_min = detector, share, points_min
        self.name = f"{detector.name}_refractory"
        self.threshold = detector.threshold

    def scores(self, values: Floats, season: int) -> Floats:
        scores = self._detector.scores(values, season)
        said = np.zeros(len(scores))
        falling = deque[
            int
        ]()  # places of scores, none after a lower or an equal one: the first is the highest
        for place, score in enumerate(scores):
            if score == 0:
                continue
            oldest = place - max(self._points_min, int(place * self._share))
            while falling and falling[0] < oldest:
                falling.popleft()
            if not falling or scores[falling[0]] < score:
                said[place] = score
            while falling and scores[falling[-1]] <= score:
                falling.pop()
            falling.append(place)
        return said


class EnsembleRefractory(Refractory):
    def __init__(self) -> None:
        super().__init__(Ensemble())
