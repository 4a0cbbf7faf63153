"""The period before: as many months, as many local days, or the same duration."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.previous import previous_range


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "start", "end", "before"),
    [
        # not days: the same duration, to the minute
        ("UTC", "2026-11-05T10:30Z", "2026-11-05T12:00Z", "2026-11-05T09:00Z"),
        ("America/New_York", "2026-11-01T00:00Z", "2026-11-02T00:00Z", "2026-10-31T00:00Z"),
        # whole days, whatever hours they have: 1 November 2026 has 25 in New York
        ("America/New_York", "2026-11-02T00:00-05:00", "2026-11-03T00:00-05:00", "2026-11-01T00:00-04:00"),
        ("America/New_York", "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00", "2026-10-31T00:00-04:00"),
        ("Asia/Kolkata", "2026-11-02T00:00+05:30", "2026-11-09T00:00+05:30", "2026-10-26T00:00+05:30"),
        # whole months, whatever days they have
        ("UTC", "2026-03-01T00:00Z", "2026-04-01T00:00Z", "2026-02-01T00:00Z"),
        ("UTC", "2026-01-01T00:00Z", "2026-04-01T00:00Z", "2025-10-01T00:00Z"),
        ("Europe/Berlin", "2026-04-01T00:00+02:00", "2026-05-01T00:00+02:00", "2026-03-01T00:00+01:00"),
    ],
)
def test_the_period_before_begins_where_people_expect(zone: str, start: str, end: str, before: str) -> None:
    assert previous_range(at(start), at(end), ZoneInfo(zone)) == (at(before), at(start))


@given(
    st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_it_ends_where_the_range_begins_and_is_never_empty(start: datetime, zone: str) -> None:
    before, end = previous_range(start, datetime(2031, 1, 1, tzinfo=UTC), ZoneInfo(zone))
    assert before < end == start
