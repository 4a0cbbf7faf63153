"""The autoregressions learn a shape, look away from odd hours and gaps, and do not run away."""

import numpy as np
import pytest

from models.forecasters.autoregression import Autoregression
from models.forecasters.combination import members
from models.forecasters.seasonal_naive import SeasonalNaive
from models.ports import Floats, Forecaster

ALL = pytest.mark.parametrize("forecaster", members(), ids=lambda one: one.name)


def weeks(count: int, *, level: float = 100.0, seed: int = 2) -> Floats:
    """Hours with a shape of the day and quiet weekends."""
    hour = np.arange(count * 168)
    daily = 1 + 0.5 * np.sin(hour % 24 * 2 * np.pi / 24)
    weekly = np.where(hour // 24 % 7 >= 5, 0.4, 1.0)
    return level * daily * weekly * np.exp(np.random.default_rng(seed).normal(0, 0.02, len(hour)))


def error(forecaster: Forecaster, values: Floats, horizon: int = 48) -> float:
    said = forecaster.forecast(values[:-horizon], horizon, 24)
    return float(np.mean(np.abs(said / values[-horizon:] - 1)))


@ALL
@pytest.mark.parametrize("end", [0, 48, 96], ids=["into-monday", "into-saturday", "into-thursday"])
def test_days_of_the_week_are_learned(forecaster: Forecaster, end: int) -> None:
    values = weeks(5)
    assert error(forecaster, values[: len(values) - end]) < 0.12


@ALL
def test_a_gap_of_a_day_is_looked_over(forecaster: Forecaster) -> None:
    values = weeks(5)
    values[500:524] = np.nan
    assert error(forecaster, values) < 0.12


def test_one_hour_of_a_hundred_times_as_much_bends_little() -> None:
    values = weeks(5)
    values[430] *= 100
    assert error(Autoregression(), values) < 0.25


@ALL
@pytest.mark.parametrize("size", [1e-12, 1e18])
def test_the_size_of_the_values_does_not_matter(forecaster: Forecaster, size: float) -> None:
    values = weeks(4)
    usual = forecaster.forecast(values, 48, 24)
    assert np.allclose(forecaster.forecast(values * size, 48, 24) / size, usual, rtol=1e-3)


@ALL
def test_what_grows_without_end_stays_in_reach(forecaster: Forecaster) -> None:
    history = np.exp(np.arange(400) / 4)
    said = forecaster.forecast(history, 400, 24)
    assert np.isfinite(said).all()
    assert said.max() <= history.max() * 2.72


@ALL
def test_zeros_and_negative_values_are_learned_as_they_are(forecaster: Forecaster) -> None:
    values = weeks(5) - 60
    said = forecaster.forecast(values[:-48], 48, 24)
    assert np.mean(np.abs(said - values[-48:])) < 15


@ALL
def test_the_same_history_gives_the_same_forecast(forecaster: Forecaster) -> None:
    values = weeks(3)
    assert np.array_equal(forecaster.forecast(values, 30, 24), forecaster.forecast(values, 30, 24))


def test_the_next_steps_of_an_exact_recursion_are_exact() -> None:
    path = [1.0, 0.5]
    for _ in range(300):
        path.append(1.6 * path[-1] - 0.95 * path[-2] + 0.3 * np.sin(len(path)))
    said = Autoregression().forecast(np.array(path[:290]) - 1, 6, 4)
    assert np.allclose(said, np.array(path[290:296]) - 1, atol=0.02)


def test_too_short_for_a_lag_it_says_what_the_seasonal_naive_says() -> None:
    values = np.arange(1.0, 10.0)
    assert np.array_equal(Autoregression().forecast(values, 5, 4), SeasonalNaive().forecast(values, 5, 4))


def test_a_history_of_gaps_but_one_value_is_that_value() -> None:
    values = np.full(700, np.nan)
    values[350] = 3.0
    for differences in ("none", "cycle", "step"):
        said = Autoregression(differences=differences).forecast(values, 3, 24)
        assert said.tolist() == [3, 3, 3]
