"""Time that tests hold, and its exact passage into microseconds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.clock import FixedClock, SystemClock, from_unix_us, unix_us


def test_a_fixed_clock_moves_only_when_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 11, 5, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(timedelta(seconds=3))
    assert clock.now() == datetime(2026, 11, 5, 0, 0, 3, tzinfo=UTC)
    assert clock.monotonic_s() == 3.0


def test_a_clock_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        FixedClock(datetime(2026, 11, 5))  # noqa: DTZ001


def test_the_clock_of_the_system_knows_its_offset() -> None:
    assert SystemClock().now().tzinfo is UTC


@given(st.integers(946_684_800_000_000, 4_133_980_800_000_000))
def test_microseconds_come_and_go_exactly(micros: int) -> None:
    assert unix_us(from_unix_us(micros)) == micros
