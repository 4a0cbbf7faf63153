"""The theta method, of the four forms the one that fits best, on a series without its season.

In: a history. Out: a forecast. Fiorucci et al. (2016), as `statsforecast` has it.
"""

from statsforecast.models import AutoTheta as Theta

from models.forecasters.library_forecaster import LibraryForecaster
from models.ports import Floats


class AutoTheta(LibraryForecaster):
    name = "auto_theta"
    fits = 100

    def fitted(self, learned: Floats, horizon: int, season: int) -> Floats:
        said: Floats = Theta(season_length=season).forecast(learned, horizon)["mean"]
        return said
