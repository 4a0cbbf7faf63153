"""Exponential smoothing with the season of a cycle, of the form that Akaike's criterion likes best.

In: a history. Out: a forecast. Hyndman et al. (2002), as `statsforecast` has it.
"""

from statsforecast.models import AutoETS

from models.forecasters.library_forecaster import LibraryForecaster
from models.ports import Floats


class AutoEts(LibraryForecaster):
    name = "auto_ets"
    fits = 1200

    def fitted(self, learned: Floats, horizon: int, season: int) -> Floats:
        said: Floats = AutoETS(season_length=season).forecast(learned, horizon)["mean"]
        return said
