"""Several quick forecasters together, each weighing what it was worth on the last week of this very series.

In: a history. Out: a forecast, and its intervals from the same round of fits. A member weighs the inverse square of its
mean absolute error from earlier origins (Bates and Granger 1969, without covariances); where there is no earlier origin
the median of the members answers. Intervals are split-conformal: for each earlier origin the weights are learned from
origins before it, so its errors are those of a forecast that had not seen them.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from models.conformal import ORIGINS_MAX
from models.forecasters.autoregression import Autoregression
from models.forecasters.week_profile import WeekProfile
from models.phase_intervals import intervals_by_phase
from models.phases import checked, known, median_of_known
from models.ports import Floats, Forecast, Forecaster

JUDGED: Final = 7
"""Earlier origins that decide the weights: one of each day of the week."""
CYCLES_BEFORE: Final = 2
"""What an origin leaves to learn from."""
_TINY: Final = 1e-6


def members() -> list[Forecaster]:
    """Their errors differ: by the last hours, by changes, by the week. None needs a library."""
    return [
        Autoregression(),
        Autoregression(differences="cycle"),
        Autoregression(looks="hours", differences="step"),
        WeekProfile("mean"),
        WeekProfile("median"),
    ]


class Combination:
    name = "combination"

    def __init__(self, members_used: Sequence[Forecaster] = (), judged: int = JUDGED) -> None:
        self._members, self._judged = members_used or members(), judged

    @property
    def fits(self) -> int:
        """How many quick fits one forecast counts for."""
        return len(self._members) * (self._judged + 1)

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        return _Rolling(self._members, self._judged, known(history), horizon, season).combined(0)

    def forecast_with_intervals(
        self, history: Floats, horizon: int, season: int, *, lowest: float = -np.inf
    ) -> Forecast:
        checked(horizon, season)
        rolling = _Rolling(self._members, self._judged, known(history), horizon, season)
        point = np.maximum(rolling.combined(0), lowest)
        backs = [back for back in range(1, ORIGINS_MAX + 1) if rolling.reaches(back)]
        past = np.array([rolling.combined(back) for back in backs]).reshape(-1, horizon)
        came = np.array([rolling.came(back) for back in backs]).reshape(-1, horizon)
        return Forecast(point, intervals_by_phase(point, np.maximum(past, lowest), came, season, lowest))


class _Rolling:
    """What the members say from the end (`back` 0) and from earlier origins, a cycle apart, each asked once.

    The first earlier origin lies one horizon before the end, so that all that it forecasts is known.
    """

    def __init__(
        self, asked: Sequence[Forecaster], judged: int, values: Floats, horizon: int, season: int
    ) -> None:
        self._members, self._judged, self._values = asked, judged, values
        self._horizon, self._season = horizon, season
        self._said: dict[int, Floats] = {}

    def reaches(self, back: int) -> bool:
        return self._end(back) >= CYCLES_BEFORE * self._season

    def combined(self, back: int) -> Floats:
        """By weights from the origins whose whole horizon was known at this one."""
        said = self._of(back)
        first = back + -(-self._horizon // self._season) if back else 1
        before = [one for one in range(first, first + self._judged) if self.reaches(one)]
        wrong = [np.abs(self.came(one) - self._of(one)) for one in before]
        means = _mean_of_known(np.array(wrong).reshape(-1, len(said), self._horizon))
        if np.isnan(means).all():
            return median_of_known(said)
        weights = np.where(np.isnan(said), 0.0, _weights(means)[:, None])
        total = np.sum(weights, axis=0)
        mean = np.sum(weights * np.nan_to_num(said), axis=0) / np.where(total > 0, total, 1.0)
        return np.where(total > 0, mean, median_of_known(said))

    def _end(self, back: int) -> int:
        return len(self._values) - (self._horizon + (back - 1) * self._season if back else 0)

    def came(self, back: int) -> Floats:
        return self._values[self._end(back) : self._end(back) + self._horizon]

    def _of(self, back: int) -> Floats:
        """A row a member."""
        if back not in self._said:
            seen = self._values[: self._end(back)]
            self._said[back] = np.stack(
                [member.forecast(seen, self._horizon, self._season) for member in self._members]
            )
        return self._said[back]


def _mean_of_known(wrong: Floats) -> Floats:
    """Of each member over all origins and steps; NaN where it is not known."""
    seen = ~np.isnan(wrong)
    count = np.sum(seen, axis=(0, 2))
    total = np.sum(np.where(seen, wrong, 0.0), axis=(0, 2))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _weights(means: Floats) -> Floats:
    """Nothing for a member whose error is not known; a member without any error cannot weigh without bound."""
    largest = float(np.nanmax(means))
    relative = means / largest if largest > 0 else np.zeros_like(means)
    return np.where(np.isnan(means), 0.0, 1 / (np.nan_to_num(relative) + _TINY) ** 2)
