"""Day and week taken out by MSTL, what is left by exponential smoothing.

In: a history. Out: a forecast. Decomposition: Bandara, Hyndman and Bergmeir (2021); the rest: the ETS without a season
that Akaike's criterion likes best (Hyndman et al. 2002); both as `statsforecast` has them.
"""

from statsforecast.models import MSTL, AutoETS

from models.forecasters.library_forecaster import LibraryForecaster, seasons
from models.ports import Floats


class MstlEts(LibraryForecaster):
    name = "mstl_ets"
    fits = 300

    def fitted(self, learned: Floats, horizon: int, season: int) -> Floats:
        model = MSTL(seasons(len(learned), season), trend_forecaster=AutoETS(model="ZZN"))
        said: Floats = model.forecast(learned, horizon)["mean"]
        return said
