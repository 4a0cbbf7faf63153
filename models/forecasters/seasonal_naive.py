"""The value one cycle ago: the mark that every other forecaster has to beat.

In: a history. Out: its last cycle again; where a phase was a gap, the last time that it was known; where it never was,
the median of what is known.
"""

import numpy as np

from models.phases import by_phase, checked, known, median_of_known, repeated
from models.ports import Floats


class SeasonalNaive:
    def __init__(self, cycles: int = 1, cycles_max: int = 8) -> None:
        """`cycles`: repeats so many at once, 7 days of a season of a day; one while the history is shorter than that.
        `cycles_max`: gaps are bridged over at most so many.
        """
        self._cycles, self._cycles_max = cycles, cycles_max

    @property
    def name(self) -> str:
        return "seasonal_naive" if self._cycles == 1 else f"seasonal_naive_{self._cycles}"

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        values = known(history)
        length = season * (self._cycles if len(values) >= self._cycles * season else 1)
        last = np.full(length, np.nan)
        for row in by_phase(values, length, self._cycles_max):
            last = np.where(np.isnan(row), last, row)
        return repeated(last, horizon, float(median_of_known(values)))
