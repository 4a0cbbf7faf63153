"""Of several forecasters the one that was best so far, chosen anew for each history: `models/selection.py` as a model.

In: a history. Out: a forecast, with intervals from the errors that chose it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from models.forecasters.autoregression import Autoregression
from models.forecasters.level_and_shape import LevelAndShape
from models.forecasters.median_of_seasonal_naives import MedianOfSeasonalNaives
from models.forecasters.rolling_median import RollingMedian
from models.forecasters.seasonal_naive import SeasonalNaive
from models.forecasters.week_profile import WeekProfile
from models.ports import Floats, Forecast, Forecaster
from models.selection import Selection, select

FITS_MAX: Final = 120
"""What the quick members cost with a week of origins."""


def quick_members() -> list[Forecaster]:
    """Those that need a millisecond a series and no library: what serves and what is refitted at night."""
    return [
        LevelAndShape(),
        MedianOfSeasonalNaives(),
        RollingMedian(),
        SeasonalNaive(cycles=7),
        WeekProfile("median"),
        WeekProfile("mean"),
        Autoregression(),
        Autoregression(looks="few"),
        Autoregression(differences="cycle"),
        Autoregression(looks="hours", differences="step"),
    ]


class Selected:
    name = "selected"

    def __init__(self, members: Sequence[Forecaster] = (), fits_max: int = FITS_MAX) -> None:
        self._members, self._fits_max = members or quick_members(), fits_max

    def selection(self, history: Floats, horizon: int, season: int, *, lowest: float = -np.inf) -> Selection:
        return select(history, horizon, season, self._members, fits_max=self._fits_max, lowest=lowest)

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        return self.selection(history, horizon, season).forecast.point

    def forecast_with_intervals(
        self, history: Floats, horizon: int, season: int, *, lowest: float = -np.inf
    ) -> Forecast:
        return self.selection(history, horizon, season, lowest=lowest).forecast
