"""What forecasters that fit with somebody's library share: what they are given, and what happens when a fit fails.

In: a history. Out: a forecast, or NaN where the fit threw, did not converge or ran away: whoever combines forecasts
goes on without it, and `failures` counts the reasons by name. A history of less than three cycles, or one that never
moved, is nothing to fit; it is answered by the seasonal naive.
"""

import warnings
from abc import ABC, abstractmethod
from collections import Counter
from typing import ClassVar, Final

import numpy as np

from models.forecasters.learning_scale import LearningScale
from models.forecasters.seasonal_naive import SeasonalNaive
from models.phases import checked, filled, from_first_known, known
from models.ports import Floats

CYCLES_A_WEEK: Final = 7
CYCLES_MIN: Final = 3


class NotConvergedError(Exception):
    """The search for parameters ended before it had found them."""


class LibraryForecaster(ABC):
    name: ClassVar[str]
    fits: ClassVar[int]
    """How many fits of a quick forecaster, of a millisecond each, one of it costs."""
    warns: ClassVar[tuple[type[Warning], ...]] = ()
    """What the library warns of while it searches, which is no matter of its result."""

    def __init__(self) -> None:
        self.failures: Counter[str] = Counter()

    @abstractmethod
    def fitted(self, learned: Floats, horizon: int, season: int) -> Floats:
        """`learned`: without gaps, in logarithms or in deviations. Throws whatever the library throws."""

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        values = from_first_known(known(history))
        if len(values) < CYCLES_MIN * season or np.nanmin(values) == np.nanmax(values):
            return SeasonalNaive().forecast(values, horizon, season)
        whole = filled(values, CYCLES_A_WEEK * season, season)
        scale = LearningScale.of(whole)
        try:
            with warnings.catch_warnings():
                for category in self.warns:
                    warnings.simplefilter("ignore", category)
                said = np.asarray(self.fitted(scale.learned(whole), horizon, season), dtype=np.float64)
        # Each library throws what it pleases, bare `Exception` among it. What it was is counted by name.
        except Exception as error:  # noqa: BLE001
            self.failures[type(error).__name__] += 1
            return np.full(horizon, np.nan)
        if not scale.reaches(said):
            self.failures["ran away"] += 1
            return np.full(horizon, np.nan)
        return scale.values(said)


def seasons(length: int, season: int) -> list[int]:
    """The cycle, and the week where there are two of them: what has more than one season is given both."""
    found = [season, CYCLES_A_WEEK * season]
    return [cycle for cycle in found if cycle > 1 and length >= 2 * cycle] or [1]
