"""Autoregression on the last values, the same hour of the last days, and the same hour of the last week.

In: a history. Out: a forecast, step by step, each step from the steps before it. Logarithms where all values are
positive, absolute errors as the loss (`least_deviations.py`). A gap is filled from the week before as something to
look at, and is never something to learn. Too short for any of its lags, it says what the seasonal naive says. Seasonal
autoregression as of Box and Jenkins (1970), its coefficients free of each other.
"""

from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.forecasters.learning_scale import LearningScale
from models.forecasters.least_deviations import fit
from models.forecasters.seasonal_naive import SeasonalNaive
from models.phases import checked, filled, from_first_known, known
from models.ports import Flags, Floats

Looks = Literal["days", "hours", "few"]
Places: TypeAlias = NDArray[np.int64]
Differences = Literal["none", "cycle", "step"]

CYCLES_A_WEEK: Final = 7
_ROWS_A_LAG: Final = 4  # a lag that leaves fewer rows to learn from is not looked at
_LAST_MAX: Final = 25  # of a season of minutes not every value of the last cycle


class Autoregression:
    def __init__(self, looks: Looks = "days", differences: Differences = "none") -> None:
        """`looks`: at the same hour of the last days, at every hour of the last day too, or at few.
        `differences`: what is learned is the change since the last cycle, or since the last step.
        """
        self._looks, self._differences = looks, differences

    @property
    def name(self) -> str:
        looks = "" if self._looks == "days" else f"_{self._looks}"
        return f"autoregression{looks}" + (
            "" if self._differences == "none" else f"_{self._differences}_changes"
        )

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        values = from_first_known(known(history))
        naive = SeasonalNaive().forecast(values, horizon, season)
        since = {"none": 0, "cycle": season, "step": 1}[self._differences]
        lags = _affordable(_lags(self._looks, season), len(values) - since)
        if len(lags) == 0:
            return naive
        whole, gaps = filled(values, CYCLES_A_WEEK * season, season), np.isnan(values)
        scale = LearningScale.of(whole)
        learned = scale.learned(whole)
        if since:
            ahead = _ahead(learned[since:] - learned[:-since], gaps[since:] | gaps[:-since], lags, horizon)
        else:
            ahead = _ahead(learned, gaps, lags, horizon)
        if ahead is None:
            return naive
        return scale.values(_summed(learned, ahead, since) if since else ahead)


def _lags(looks: Looks, season: int) -> list[int]:
    week = CYCLES_A_WEEK * season
    if looks == "few":
        found = {1, 2, season, season + 1, week, week + 1}
    else:
        near = range(-1, 2)
        found = {1, 2, 3, season + 2, *(k * season for k in range(3, CYCLES_A_WEEK))}
        found |= {k * season + step for k in (1, 2, CYCLES_A_WEEK) for step in near}
    if looks == "hours":
        found |= set(range(1, min(season + 1, _LAST_MAX) + 1)) | {(CYCLES_A_WEEK - 1) * season - 1}
        found |= {(CYCLES_A_WEEK - 1) * season + 1}
    return sorted(lag for lag in found if lag > 0)


def _affordable(lags: list[int], length: int) -> Places:
    return np.array([lag for lag in lags if length - lag >= _ROWS_A_LAG * len(lags)], dtype=np.int64)


def _ahead(learned: Floats, gaps: Flags, lags: Places, horizon: int) -> Floats | None:
    """None where too little is known to learn from."""
    length, longest = len(learned), int(np.max(lags))
    places = np.arange(longest, length)[~gaps[longest:]]
    if len(places) < _ROWS_A_LAG * len(lags) // 2:
        return None
    level, weights = fit(learned[places[:, None] - lags], learned[places])
    low, high = np.min(learned), np.max(learned)
    reach = high - low
    path = np.concatenate([learned, np.empty(horizon)])
    for place in range(length, length + horizon):
        path[place] = min(max(level + path[place - lags] @ weights, low - reach), high + reach)
    return path[length:]


def _summed(learned: Floats, changes: Floats, since: int) -> Floats:
    path = np.concatenate([learned[-since:], changes])
    for place in range(since, len(path)):
        path[place] += path[place - since]
    return path[since:]
