"""What each hour of the week usually is, the last weeks first, and how far the last hours were from it.

In: a history. Out: the profile, plus what an autoregression makes of the distances so far (they fade). A profile is the
mean or the median of the same phase, each week weighing less than the next; of a day where there are not two weeks.
"""

from typing import Final, Literal

import numpy as np

from models.forecasters.autoregression import CYCLES_A_WEEK
from models.forecasters.learning_scale import LearningScale
from models.forecasters.least_deviations import fit
from models.forecasters.seasonal_naive import SeasonalNaive
from models.phases import by_phase, checked, filled, from_first_known, known, median_of_known
from models.ports import Floats
from models.weighted_median import weighted_median

Middle = Literal["mean", "median"]

_FADES: Final = 0.8  # a week weighs four fifths of the next one
_WEEKS_MAX: Final = 8
_ROWS_MIN: Final = 48


class WeekProfile:
    def __init__(self, middle: Middle = "median") -> None:
        self.name = f"week_profile_{middle}"
        self._middle = _weighted_mean if middle == "mean" else weighted_median

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        values = from_first_known(known(history))
        cycle = season * CYCLES_A_WEEK if len(values) >= 2 * season * CYCLES_A_WEEK else season
        if len(values) < 2 * cycle:
            return SeasonalNaive().forecast(values, horizon, season)
        whole = filled(values, cycle, season)
        scale = LearningScale.of(whole)
        learned = np.where(np.isnan(values), np.nan, scale.learned(whole))
        weeks = by_phase(learned, cycle, _WEEKS_MAX)
        ages = np.arange(len(weeks), dtype=np.float64)[::-1, None]
        usual = self._middle(weeks, np.broadcast_to(_FADES**ages, weeks.shape))
        usual = np.where(np.isnan(usual), float(median_of_known(learned)), usual)
        distances = np.nan_to_num(learned[-weeks.size :] - np.resize(usual, weeks.size)[-len(learned) :])
        return scale.values(np.resize(usual, horizon) + _faded(distances, season, horizon))


def _faded(distances: Floats, season: int, horizon: int) -> Floats:
    """The distances to come, by their last two and the one of a cycle ago."""
    lags = np.array(sorted({1, 2, season}))
    places = np.arange(lags[-1], len(distances))
    if len(places) < _ROWS_MIN:
        return np.zeros(horizon)
    level, weights = fit(distances[places[:, None] - lags], distances[places])
    reach = np.max(np.abs(distances))
    path = np.concatenate([distances, np.empty(horizon)])
    for place in range(len(distances), len(path)):
        path[place] = min(max(level + path[place - lags] @ weights, -reach), reach)
    return path[len(distances) :]


def _weighted_mean(weeks: Floats, weights: Floats) -> Floats:
    """NaN where no week is known."""
    seen = np.where(np.isnan(weeks), 0.0, weights)
    total = np.sum(seen, axis=0)
    mean = np.sum(seen * np.nan_to_num(weeks), axis=0) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, np.nan)
