"""The median of the last cycle, at every step: for series without a shape to repeat.

In: a history. Out: one level, repeated.
"""

import numpy as np

from models.phases import checked, known, median_of_known
from models.ports import Floats


class RollingMedian:
    name = "rolling_median"

    def __init__(self, cycles: float = 1.0) -> None:
        """The span that it looks at: less than one cycle follows a level that moves."""
        self._cycles = cycles

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        values = known(history)
        values = values[~np.isnan(values)]
        return np.full(horizon, median_of_known(values[-max(1, round(self._cycles * season)) :]))
