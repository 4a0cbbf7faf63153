"""The median of several forecasts, step by step: no weights to learn, and one member that fails moves little.

In: members. Out: a forecaster of them; a member that says NaN is left out of that step. The members that it has by
itself say: as a day ago, as the days of the last week, as the last day.
"""

from collections.abc import Sequence

import numpy as np

from models.forecasters.median_of_seasonal_naives import MedianOfSeasonalNaives
from models.forecasters.rolling_median import RollingMedian
from models.forecasters.seasonal_naive import SeasonalNaive
from models.phases import median_of_known
from models.ports import Floats, Forecaster


class MedianCombination:
    name = "median_combination"

    def __init__(self, members: Sequence[Forecaster] = ()) -> None:
        self._members = members or (
            SeasonalNaive(),
            MedianOfSeasonalNaives(),
            RollingMedian(),
        )

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        return median_of_known(
            np.stack([member.forecast(history, horizon, season) for member in self._members])
        )
