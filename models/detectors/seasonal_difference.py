"""How far the last values lie, in the mean, from those one cycle before.

In: values and the season. Out: scores: the tail of that distance in its own history. A mean of `smooth` values, so that
single ones count for little; the first cycle is not scored.
"""

import numpy as np

from models.detectors.lags import bounded, filled, lagged, recent_mean
from models.detectors.tails import ODD, tail_scores
from models.ports import Floats


class SeasonalDifference:
    name = "seasonal_difference"
    threshold = ODD

    def __init__(self, smooth: int = 6) -> None:
        self._smooth = smooth

    def scores(self, values: Floats, season: int) -> Floats:
        return tail_scores(self.strangeness(values, season))

    def strangeness(self, values: Floats, season: int) -> Floats:
        values = bounded(values)
        if len(values) == 0:
            return values
        mean = recent_mean(filled(values), self._smooth)
        distance = np.abs(mean - lagged(mean, season))
        return np.where(np.isnan(values) | np.isnan(lagged(values, season)), np.nan, distance)
