"""The selection chooses by what was said before, never worse than the seasonal naive, and survives every member."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forecasters.median_of_seasonal_naives import MedianOfSeasonalNaives
from models.forecasters.rolling_median import RollingMedian
from models.forecasters.seasonal_naive import SeasonalNaive
from models.forecasters.selected import quick_members
from models.ports import Floats
from models.rolling_origins import backtest
from models.scores.forecasts import mae
from models.selection import Selection, select

NAN = math.nan
VALUES = st.lists(
    st.one_of(
        st.floats(-1e18, 1e18), st.integers(0, 3), st.sampled_from([NAN, math.inf, -math.inf, 0.0, 1e18])
    ),
    max_size=60,
)


class Says:
    """Says one value, and counts how often it was asked."""

    def __init__(self, value: float, name: str = "says", fits: int = 1) -> None:
        self.value, self.name, self.fits, self.asked = value, name, fits, 0

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:  # noqa: ARG002
        self.asked += 1
        return np.full(horizon, self.value)


class Throws:
    name = "throws"

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:  # noqa: ARG002
        raise ArithmeticError("did not converge")


def daily(days: int, seed: int = 5) -> Floats:
    """Office hours of four points a day, with noise."""
    random = np.random.default_rng(seed)
    return np.asarray(np.tile([1.0, 10.0, 20.0, 5.0], days) + random.normal(0, 1, 4 * days))


def chosen(history: Floats, *members: object, fits_max: int = 200, lowest: float = -math.inf) -> Selection:
    return select(history, 4, 4, members, fits_max=fits_max, lowest=lowest)  # type: ignore[arg-type]


def test_the_member_that_was_right_before_answers() -> None:
    history = np.concatenate([np.random.default_rng(2).normal(3, 4, 60), np.full(40, 7.0)])
    found = chosen(history, Says(7.0, "seven"))
    assert (found.forecast.point.tolist(), found.history, found.mase) == ([7, 7, 7, 7], "enough", 0)


def test_a_member_that_throws_is_named_and_the_others_answer() -> None:
    found = chosen(daily(20), Throws(), MedianOfSeasonalNaives())
    assert found.dropped == {"throws": "ArithmeticError: did not converge"}
    assert np.isfinite(found.forecast.point).all()


def test_a_member_that_says_nothing_is_left_out() -> None:
    assert "said nothing" in chosen(daily(20), Says(NAN, "silent")).dropped["silent"]


def test_a_member_that_costs_more_than_is_left_is_never_asked() -> None:
    slow = Says(1.0, "slow", fits=50)
    found = chosen(daily(20), slow, fits_max=100)
    assert slow.asked == 0
    assert "fits" in found.dropped["slow"]
    assert found.fits <= 100


def test_fewer_origins_are_taken_before_a_member_is_left_out() -> None:
    slow = Says(1.0, "slow", fits=10)
    found = chosen(daily(20), slow, fits_max=60)  # (1 + 1 + 10) · (4 origins and the present) = 60
    assert (slow.asked, found.fits, dict(found.dropped)) == (5, 60, {})


def test_hours_of_history_are_short_and_promise_nothing() -> None:
    found = chosen(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), MedianOfSeasonalNaives())
    assert (found.model, found.history) == ("median_combination", "short")
    assert math.isnan(found.mase)
    assert found.forecast.intervals[80].high.tolist() == [math.inf] * 4


def test_no_history_is_answered_with_nothing() -> None:
    found = chosen(np.full(9, NAN), MedianOfSeasonalNaives(), lowest=0.0)
    assert (found.history, found.fits) == ("none", 0)
    assert np.isnan(found.forecast.point).all()
    assert (found.forecast.intervals[95].low[0], found.forecast.intervals[95].high[0]) == (0, math.inf)


def test_a_series_in_which_nothing_returns_is_intermittent() -> None:
    history = np.zeros(200)
    history[[3, 50, 90, 141, 188]] = 7.0
    assert chosen(history, Says(7.0)).history == "intermittent"


def test_office_hours_are_no_intermittent_series() -> None:
    history = np.tile([0.0, 0.0, 9.0, 0.0], 20)
    found = chosen(history, MedianOfSeasonalNaives())
    assert (found.history, found.forecast.point.tolist()) == ("enough", [0, 0, 9, 0])


def test_gaps_before_the_first_value_are_no_history() -> None:
    history = np.concatenate([np.full(80, NAN), np.arange(6.0)])
    assert chosen(history, MedianOfSeasonalNaives()).history == "short"


def test_what_cannot_be_negative_is_not() -> None:
    history = np.concatenate([np.random.default_rng(2).normal(3, 1, 60), np.zeros(40)])
    found = chosen(history, Says(-3.0), lowest=0.0)
    assert min(found.forecast.point.min(), found.forecast.intervals[95].low.min()) >= 0


def test_a_budget_of_one_fit_is_one_forecast() -> None:
    found = chosen(daily(20), MedianOfSeasonalNaives(), fits_max=1)
    assert (found.model, found.fits, found.history) == ("seasonal_naive", 1, "short")


def test_a_budget_of_nothing_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="at least one fit"):
        chosen(daily(20), fits_max=0)


@settings(max_examples=60)
@given(values=VALUES, horizon=st.integers(1, 7), season=st.integers(1, 6), fits_max=st.integers(1, 90))
def test_any_history_has_an_answer_within_the_budget_and_twice_the_same(
    values: list[float], horizon: int, season: int, fits_max: int
) -> None:
    history = np.array(values, dtype=np.float64)
    one, two = (
        select(history, horizon, season, [*quick_members(), Throws()], fits_max=fits_max) for _ in range(2)
    )
    assert one.forecast.point.shape == (horizon,)
    assert not np.isinf(one.forecast.point).any()
    assert np.isnan(one.forecast.point).all() == (one.history == "none") == (not np.isfinite(history).any())
    assert one.fits <= fits_max
    assert (one.model, one.history) == (two.model, two.history)
    assert np.array_equal(one.forecast.point, two.forecast.point, equal_nan=True)
    for level in (80, 95):
        interval = one.forecast.intervals[level]
        assert not (interval.low > one.forecast.point).any()
        assert not (interval.high < one.forecast.point).any()


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), days=st.integers(4, 20), gaps=st.integers(0, 20))
def test_the_choice_was_never_worse_than_the_seasonal_naive(seed: int, days: int, gaps: int) -> None:
    random = np.random.default_rng(seed)
    history = daily(days, seed).cumsum() * random.choice([0.0, 1.0], 4 * days, p=[0.1, 0.9])
    history[random.integers(1, len(history), gaps)] = NAN
    found = chosen(history, MedianOfSeasonalNaives(), RollingMedian(), Says(30.0))
    naive = backtest(history, 4, 4, [SeasonalNaive()], fits_max=100, lowest=-math.inf)
    if found.history == "enough" and not math.isnan(found.mase):
        error = mae(naive.actual.ravel(), naive.past["seasonal_naive"].ravel())
        scale = np.nanmean(np.abs(history[4:] - history[:-4]))
        assert found.mase <= error / scale * (1 + 1e-9)
