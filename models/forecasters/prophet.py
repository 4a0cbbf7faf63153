"""Prophet: a trend that bends, the shape of the day and of the week as Fourier series.

In: a history. Out: a forecast. Taylor and Letham (2018), by the library of that name, with its defaults. It takes
dates: a cycle is a day of an even clock. Its optimiser is another program, started anew for each fit.
"""

import logging

import pandas as pd

from models.forecasters.library_forecaster import LibraryForecaster, seasons
from models.ports import Floats

logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # says that it cannot draw

from prophet import Prophet as Library  # noqa: E402

logging.getLogger("cmdstanpy").setLevel(logging.WARNING)  # says that it began, and that it ended


class Prophet(LibraryForecaster):
    name = "prophet"
    fits = 150
    warns = (FutureWarning, DeprecationWarning)

    def fitted(self, learned: Floats, horizon: int, season: int) -> Floats:
        step = pd.Timedelta(days=1) / season
        dates = pd.date_range("2000-01-03", periods=len(learned) + horizon, freq=step)
        model = Library(
            uncertainty_samples=0,
            yearly_seasonality=False,
            weekly_seasonality=len(seasons(len(learned), season)) > 1,
            daily_seasonality=season > 1,
        )
        model.fit(pd.DataFrame({"ds": dates[: len(learned)], "y": learned}), seed=1)
        said: Floats = model.predict(pd.DataFrame({"ds": dates[len(learned) :]}))["yhat"].to_numpy()
        return said
