"""The median of the same phase in the last cycles: a seasonal naive that one odd day does not move.

In: a history. Out: one value a phase, repeated; the median of everything known where a phase never was.
"""

from models.phases import by_phase, checked, known, median_of_known, repeated
from models.ports import Floats


class MedianOfSeasonalNaives:
    name = "median_of_seasonal_naives"

    def __init__(self, cycles: int = 7) -> None:
        """Seven days: a week holds every kind of day."""
        self._cycles = cycles

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        values = known(history)
        rows = by_phase(values, season, self._cycles)
        return repeated(median_of_known(rows), horizon, float(median_of_known(values)))
