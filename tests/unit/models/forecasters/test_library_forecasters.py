"""Models of other people's libraries: bad input is no crash and no infinite value; a failed fit is NaN and counted."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from models.forecasters.auto_ets import AutoEts
from models.forecasters.auto_theta import AutoTheta
from models.forecasters.library_forecaster import LibraryForecaster, NotConvergedError
from models.forecasters.mstl_ets import MstlEts
from models.forecasters.prophet import Prophet
from models.forecasters.sarima import Sarima
from models.forecasters.seasonal_naive import SeasonalNaive
from models.ports import Floats

ALL = pytest.mark.parametrize(
    "model", [MstlEts, AutoEts, AutoTheta, Sarima, Prophet], ids=lambda one: one.name
)
Model = Callable[[], LibraryForecaster]


def days(count: int, season: int = 6, seed: int = 1) -> Floats:
    hour = np.arange(count * season)
    noise = np.random.default_rng(seed).normal(0, 1, len(hour))
    return 100 + 30 * np.sin(hour * 2 * np.pi / season) + noise


@ALL
def test_a_day_is_learned(model: Model) -> None:
    values = days(22)
    said = model().forecast(values[:-6], 6, 6)
    assert np.mean(np.abs(said - values[-6:])) < 6


@ALL
def test_gaps_and_zeros_and_negative_values_are_no_trouble(model: Model) -> None:
    values = days(22) - 100
    values[[3, 40, 41, 42]] = [np.inf, np.nan, np.nan, 0]
    said = model().forecast(values, 6, 6)
    assert np.isfinite(said).all()
    assert np.mean(np.abs(said - (days(23)[-6:] - 100))) < 12


@ALL
@pytest.mark.parametrize(
    "values",
    [[], [math.nan, math.inf], [5.0], [1e18] * 60, [-3.0, math.inf] * 30, [1e-12, 1e18] * 20],
    ids=["none", "unknown", "one", "constant", "constant-with-gaps", "wide"],
)
def test_bad_histories_are_no_crash_and_never_infinite(model: Model, values: list[float]) -> None:
    said = model().forecast(np.array(values, dtype=np.float64), 5, 4)
    assert said.shape == (5,)
    assert not np.isinf(said).any()


@ALL
def test_the_same_history_gives_the_same_forecast(model: Model) -> None:
    values = days(15)
    assert np.array_equal(model().forecast(values, 6, 6), model().forecast(values, 6, 6))


@ALL
def test_a_short_history_is_answered_by_the_seasonal_naive(model: Model) -> None:
    values = days(2)
    assert np.array_equal(model().forecast(values, 6, 6), SeasonalNaive().forecast(values, 6, 6))


class Fits(LibraryForecaster):
    name = "fits"
    fits = 1

    def __init__(self, found: Callable[[Floats], Floats]) -> None:
        super().__init__()
        self._found = found

    def fitted(self, learned: Floats, horizon: int, season: int) -> Floats:  # noqa: ARG002
        return self._found(learned)


def fails(_: Floats) -> Floats:
    raise NotConvergedError("3 iterations")


def test_a_fit_that_fails_says_nothing_and_is_counted_by_name() -> None:
    forecaster = Fits(fails)
    assert np.isnan(forecaster.forecast(days(9), 2, 6)).all()
    assert forecaster.failures == {"NotConvergedError": 1}


@pytest.mark.parametrize("said", [math.inf, math.nan, 50.0])
def test_a_fit_that_runs_away_says_nothing_and_is_counted(said: float) -> None:
    forecaster = Fits(lambda _: np.array([0.0, said]))
    assert np.isnan(forecaster.forecast(days(9), 2, 6)).all()
    assert forecaster.failures == {"ran away": 1}
