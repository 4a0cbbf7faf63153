"""What is worth closing while a load goes on: complete days at once, anything else only when too much waits."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.cli.history import LoadedDays

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FEW = 24 * 10


def day(number: int) -> datetime:
    return EPOCH + timedelta(days=number)


def loaded(*flushes: Sequence[int], marks_max: int = FEW) -> tuple[LoadedDays, datetime | None]:
    """These flushes, one after the other, and what the last one was answered."""
    days, answer = LoadedDays(marks_max), None
    for touched in flushes:
        answer = days.touched(touched, stored=True)
    return days, answer


def test_a_day_that_the_load_is_in_is_not_closed() -> None:
    assert loaded([7], [7, 8], [7, 8])[1] is None


def test_days_are_closed_when_a_flush_has_passed_them() -> None:
    assert loaded([7, 8, 9], [9, 10])[1] == day(9)


def test_what_is_closed_is_not_asked_for_again() -> None:
    days, _ = loaded([7], [8])
    days.closed(day(8))
    assert days.touched([8], stored=True) is None


def test_a_flush_that_goes_back_marks_its_day_anew() -> None:
    days, _ = loaded([7], [8])
    days.closed(day(8))
    assert days.touched([7, 8], stored=True) is None
    assert days.touched([8], stored=True) == day(8)


def test_input_in_no_order_is_closed_when_too_many_marks_wait() -> None:
    everything = list(range(5))
    assert loaded(everything, everything)[1] is None
    assert loaded(everything, everything, everything)[1] == day(5)


def test_the_bound_doubles_each_time_that_unordered_input_is_closed() -> None:
    everything = list(range(5))
    days, _ = loaded(everything, everything, everything)
    days.closed(day(5))
    answers = [days.touched(everything, stored=True) for _ in range(5)]
    assert answers == [None, None, None, None, day(5)]


def test_events_that_were_there_already_leave_nothing_to_close() -> None:
    days = LoadedDays(FEW)
    for number in range(40):
        assert days.touched([number], stored=False) is None
    assert (days.first, days.last) == (day(0), day(39))


def test_a_flush_without_events_says_nothing() -> None:
    days, answer = loaded([7], [])
    assert (answer, days.days) == (None, {7})


@given(st.lists(st.lists(st.integers(0, 400), min_size=1, unique=True).map(sorted), max_size=40))
def test_marks_wait_within_the_bound_or_closing_was_asked_for(flushes: list[list[int]]) -> None:
    days = LoadedDays(FEW)
    for touched in flushes:
        until = days.touched(touched, stored=True)
        assert until is not None or days.waiting <= days.marks_max
        if until is not None:
            days.closed(until)
