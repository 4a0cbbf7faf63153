"""What each forecaster says, and what all of them say of bad input: never a crash, never an infinite value."""

import math
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forecasters.autoregression import Autoregression
from models.forecasters.combination import Combination, members
from models.forecasters.level_and_shape import LevelAndShape
from models.forecasters.median_combination import MedianCombination
from models.forecasters.median_of_seasonal_naives import MedianOfSeasonalNaives
from models.forecasters.rolling_median import RollingMedian
from models.forecasters.seasonal_naive import SeasonalNaive
from models.forecasters.selected import Selected
from models.ports import Floats, Forecaster
from models.scores.naive2 import Naive2

NAN = math.nan
ALL: list[Forecaster] = [
    SeasonalNaive(),
    SeasonalNaive(cycles=7),
    MedianOfSeasonalNaives(),
    RollingMedian(),
    MedianCombination(),
    Naive2(),
    Selected(),
    LevelAndShape(),
    *members(),
    Autoregression(looks="few"),
    Combination(),
]
if find_spec("torch"):  # the extra `deep`
    ALL.append(import_module("models.forecasters.lstm").Lstm(width=4, epochs=2))
BY_NAME = pytest.mark.parametrize("forecaster", ALL, ids=lambda one: one.name)
VALUES = st.lists(
    st.one_of(st.floats(-1e18, 1e18), st.sampled_from([NAN, math.inf, -math.inf, 0.0, 1e18])), max_size=40
)


def floats(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


def test_the_seasonal_naive_repeats_the_last_cycle() -> None:
    assert SeasonalNaive().forecast(floats(9, 9, 9, 1, 2, 3), 5, 3).tolist() == [1, 2, 3, 1, 2]


def test_the_seasonal_naive_bridges_a_gap_with_the_cycle_before() -> None:
    assert SeasonalNaive().forecast(floats(7, 8, 9, 1, NAN, 3), 3, 3).tolist() == [1, 8, 3]


def test_the_seasonal_naive_of_a_week_repeats_days_of_a_week_ago() -> None:
    history = np.arange(14.0)  # season 1: a week is seven points
    assert SeasonalNaive(cycles=7).forecast(history, 3, 1).tolist() == [7, 8, 9]


def test_the_seasonal_naive_of_a_week_repeats_days_until_there_is_a_week() -> None:
    assert SeasonalNaive(cycles=7).forecast(floats(1, 2, 3), 2, 1).tolist() == [3, 3]


def test_a_phase_that_was_never_seen_gets_the_median() -> None:
    assert SeasonalNaive().forecast(floats(4, 8), 3, 3).tolist() == [6, 4, 8]


def test_one_odd_day_does_not_move_the_median_of_seasonal_naives() -> None:
    history = floats(1, 2, 1, 2, 100, 200)
    assert MedianOfSeasonalNaives(cycles=3).forecast(history, 2, 2).tolist() == [1, 2]


def test_the_rolling_median_is_the_middle_of_the_last_cycle() -> None:
    assert RollingMedian().forecast(floats(50, 50, 1, NAN, 2, 9), 2, 3).tolist() == [2, 2]


def test_the_rolling_median_can_look_at_less_than_a_cycle() -> None:
    assert RollingMedian(cycles=0.5).forecast(floats(1, 1, 7, 9), 1, 4).tolist() == [8]


def test_the_combination_takes_the_middle_of_its_members() -> None:
    members: list[Forecaster] = [SeasonalNaive(), RollingMedian(), MedianOfSeasonalNaives(cycles=2)]
    # 10, 20 · 15, 15 · 6, 11: the middle of each step
    assert MedianCombination(members).forecast(floats(2, 2, 10, 20), 2, 2).tolist() == [10, 15]


def test_the_combination_leaves_out_a_member_that_says_nothing() -> None:
    class Silent:
        name = "silent"

        def forecast(self, history: Floats, horizon: int, season: int) -> Floats:  # noqa: ARG002
            return np.full(horizon, NAN)

    assert MedianCombination([Silent(), SeasonalNaive()]).forecast(floats(3), 1, 1).tolist() == [3]


@BY_NAME
@given(values=VALUES, horizon=st.integers(1, 9), season=st.integers(1, 8))
def test_any_values_give_a_forecast_that_is_as_long_as_asked_and_never_infinite(
    forecaster: Forecaster, values: list[float], horizon: int, season: int
) -> None:
    forecast = forecaster.forecast(np.array(values, dtype=np.float64), horizon, season)
    assert forecast.shape == (horizon,)
    assert not np.isinf(forecast).any()
    assert np.isnan(forecast).all() == (not np.isfinite(values).any())


@BY_NAME
def test_a_constant_series_stays_constant(forecaster: Forecaster) -> None:
    assert np.allclose(forecaster.forecast(np.full(100, 1e18), 30, 24), 1e18)


@BY_NAME
def test_one_point_is_all_that_is_known(forecaster: Forecaster) -> None:
    assert forecaster.forecast(floats(-5), 3, 24).tolist() == [-5, -5, -5]


@BY_NAME
def test_the_history_is_left_as_it_was(forecaster: Forecaster) -> None:
    history = floats(1, math.inf, 3, 4)
    forecaster.forecast(history, 2, 2)
    assert history.tolist() == [1, math.inf, 3, 4]


@BY_NAME
@pytest.mark.parametrize(("horizon", "season"), [(0, 24), (1, 0)])
def test_a_wrong_horizon_or_season_is_a_mistake_of_the_program(
    forecaster: Forecaster, horizon: int, season: int
) -> None:
    with pytest.raises(ValueError, match="positive"):
        forecaster.forecast(floats(1), horizon, season)


def test_a_table_is_no_series() -> None:
    with pytest.raises(ValueError, match="one dimension"):
        SeasonalNaive().forecast(np.ones((2, 2)), 1, 1)
