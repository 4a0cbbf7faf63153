"""The end of a month is what was spent and a forecast of the rest, with an interval of the sum itself."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forecasters.level_and_shape import LevelAndShape
from models.forecasters.rolling_median import RollingMedian
from models.month_end import MonthEnd, month_end
from models.ports import Floats, Forecaster

NAN = math.nan
MEMBERS: list[Forecaster] = [LevelAndShape(), RollingMedian()]


def ended(days: Floats | list[float], spent: float, days_left: int, running_share: float = 0.0) -> MonthEnd:
    return month_end(
        np.array(days, dtype=np.float64), spent, days_left, MEMBERS, fits_max=60, running_share=running_share
    )


def weeks(count: int, seed: int = 3) -> Floats:
    """Weekends cost less; every day a tenth more or less."""
    random = np.random.default_rng(seed)
    return np.asarray(np.tile([10.0, 10, 10, 10, 10, 4, 2], count) * random.normal(1, 0.1, 7 * count))


def test_what_is_left_is_added_to_what_was_spent() -> None:
    found = ended([10.0] * 60, spent=150.0, days_left=15)
    assert (found.spent, found.expected) == (150, 300)
    assert found.intervals[95] == (300, 300)  # nothing ever differed


def test_only_what_is_left_of_the_running_day_is_added() -> None:
    assert ended([10.0] * 60, spent=152.5, days_left=15, running_share=0.25).expected == 300


def test_a_month_that_is_over_has_come_to_what_was_spent() -> None:
    found = ended(weeks(8), spent=70.0, days_left=0)
    assert (found.expected, found.intervals[80]) == (70, (70, 70))


def test_the_interval_is_of_the_sum_and_narrower_than_the_sum_of_the_intervals() -> None:
    found = ended(weeks(12), spent=0.0, days_left=21)
    low, high = found.intervals[80]
    # a tenth of each of 21 days, together about a fiftieth of their sum; the bounds of days would add up to an eighth
    assert high - low < 0.15 * found.expected
    assert low < 3 * (5 * 10 + 6) < high


def test_days_are_not_undone() -> None:
    random = np.random.default_rng(1)
    found = ended(random.lognormal(0, 2, 60), spent=100.0, days_left=5)
    assert found.intervals[95][0] >= 100


def test_a_history_of_three_weeks_is_judged_by_fewer_days_and_promises_less() -> None:
    short, long = ended(weeks(3), 0.0, 20), ended(weeks(13), 0.0, 20)
    assert (short.history, long.history) == ("short", "enough")
    widths = [
        one.intervals[95][1] / one.expected - one.intervals[95][0] / one.expected for one in (short, long)
    ]
    assert math.inf > widths[0] > widths[1]


def test_days_of_history_promise_nothing() -> None:
    found = ended([3.0, 4.0], spent=7.0, days_left=10)
    assert found.intervals[80] == (7, math.inf)
    assert 30 < found.expected < 50


def test_no_history_expects_nothing() -> None:
    found = ended([], spent=0.0, days_left=10)
    assert (found.history, found.intervals[80]) == ("none", (0, math.inf))
    assert math.isnan(found.expected)


@pytest.mark.parametrize(("days_left", "share"), [(-1, 0.0), (3, 1.5)])
def test_a_wrong_number_of_days_is_a_mistake_of_the_program(days_left: int, share: float) -> None:
    with pytest.raises(ValueError, match="days are left"):
        ended([1.0], 1.0, days_left, share)


@settings(max_examples=40)
@given(
    days=st.lists(st.one_of(st.floats(0, 1e18), st.sampled_from([NAN, math.inf, 0.0])), max_size=50),
    spent=st.floats(0, 1e12),
    days_left=st.integers(0, 31),
)
def test_any_days_give_an_end_between_its_bounds(days: list[float], spent: float, days_left: int) -> None:
    found = ended(days, spent, days_left)
    for low, high in found.intervals.values():
        assert spent <= low
        assert math.isnan(found.expected) or low <= found.expected <= high
