"""A seasonal ARIMA of one fixed order, (1, 0, 0)(0, 1, 1), on the last three weeks: as yesterday, and the last hour.

In: a history. Out: a forecast. Box and Jenkins (1970) by the state space of `statsmodels`. The order is that of the
"airline model" with a level that returns instead of one that wanders; other orders took longer and were no better on a
few of M4's series. Three weeks bound the cost: a step of the filter costs the square of the season.
"""

from typing import Final

from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.statespace.sarimax import SARIMAX

from models.forecasters.library_forecaster import CYCLES_A_WEEK, LibraryForecaster, NotConvergedError
from models.ports import Floats

CYCLES_MAX: Final = 3 * CYCLES_A_WEEK
ITERATIONS_MAX: Final = 50
SEASON_MAX: Final = 60  # with a longer one a fit takes minutes


class Sarima(LibraryForecaster):
    name = "sarima"
    fits = 500
    # Not having converged is asked of the result; starting values that it replaces are of no matter.
    warns = (ConvergenceWarning, UserWarning)

    def fitted(self, learned: Floats, horizon: int, season: int) -> Floats:
        seasonal = (0, 1, 1, season) if 1 < season <= SEASON_MAX else (0, 0, 0, 0)
        order = (1, 0, 0) if seasonal[1] else (1, 1, 1)
        recent = learned[-CYCLES_MAX * season :]
        differences = SARIMAX(recent, order=order, seasonal_order=seasonal, simple_differencing=True)
        found = differences.fit(disp=False, maxiter=ITERATIONS_MAX)
        if not found.mle_retvals["converged"]:
            raise NotConvergedError(f"{ITERATIONS_MAX} iterations")
        whole = SARIMAX(recent, order=order, seasonal_order=seasonal)
        said: Floats = whole.smooth(found.params).forecast(horizon)
        return said
