"""The combination leans on who was right on this series, and knows how wrong it was without looking ahead."""

import math

import numpy as np
import pytest

from models.forecasters.combination import Combination
from models.forecasters.seasonal_naive import SeasonalNaive
from models.ports import Floats, Forecaster
from models.scores.forecasts import coverage


class Says:
    """Says one value, and counts how often it was asked."""

    def __init__(self, value: float) -> None:
        self.name, self.value, self.asked = f"says_{value:g}", value, 0

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:  # noqa: ARG002
        self.asked += 1
        return np.full(horizon, self.value)


def test_a_member_weighs_the_inverse_square_of_its_error() -> None:
    # 10 came: errors of 1 and 2 weigh as 4 to 1
    found = Combination([Says(11), Says(8)]).forecast(np.full(20, 10.0), 1, 1)
    assert found[0] == pytest.approx((4 * 11 + 8) / 5, abs=1e-4)


def test_without_an_earlier_origin_the_median_answers() -> None:
    assert Combination([Says(1), Says(2), Says(9)]).forecast(np.array([5.0]), 2, 1).tolist() == [2, 2]


def test_a_member_that_says_nothing_is_left_out() -> None:
    found = Combination([Says(math.nan), Says(11)]).forecast(np.full(20, 10.0), 2, 1)
    assert found.tolist() == [11, 11]


def test_members_without_any_error_weigh_alike() -> None:
    assert Combination([Says(10), Says(10)]).forecast(np.full(20, 10.0), 1, 1).tolist() == [10]


def test_nothing_known_is_nothing_said() -> None:
    found = Combination().forecast_with_intervals(np.full(99, np.nan), 3, 2)
    assert np.isnan(found.point).all()


def test_the_intervals_cost_one_round_of_fits() -> None:
    member = Says(11)
    Combination([member], judged=7).forecast_with_intervals(np.full(400, 10.0), 48, 24)
    assert member.asked <= 1 + 12 + 1 + 7


def test_the_point_is_the_same_with_and_without_intervals() -> None:
    values = 50 + np.random.default_rng(5).normal(0, 1, 300).cumsum()
    point = Combination().forecast(values, 30, 24)
    assert np.array_equal(Combination().forecast_with_intervals(values, 30, 24).point, point)


def test_its_errors_are_those_of_forecasts_that_had_not_seen_what_came() -> None:
    """A series that climbs by 1: the last cycle again is 2 behind on the first cycle ahead, 4 on the second."""
    values = np.arange(100.0) - 200  # negative: no hour has a size of its own
    members: list[Forecaster] = [SeasonalNaive()]
    width = Combination(members).forecast_with_intervals(values, 4, 2).intervals[80]
    assert (width.high - width.low).tolist() == pytest.approx([4, 4, 8, 8])


def test_what_cannot_be_negative_is_not() -> None:
    values = np.abs(np.random.default_rng(1).normal(1, 2, 200))
    found = Combination().forecast_with_intervals(values, 24, 24, lowest=0.0)
    assert found.intervals[95].low.min() >= 0
    assert found.point.min() >= 0


def test_noise_is_covered_about_as_often_as_promised() -> None:
    random = np.random.default_rng(3)
    quick: list[Forecaster] = [SeasonalNaive(), SeasonalNaive(cycles=7), Says(100)]
    hits = []
    for _ in range(60):
        values = random.normal(100, 10, 20 * 24)
        found = Combination(quick).forecast_with_intervals(values[:-24], 24, 24)
        hits.append(coverage(values[-24:], found.intervals[80]))
    assert 0.76 < np.mean(hits) < 0.84
