"""Output buckets against the wall clock: odd zones, changes of offset, dates that never were."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.plan import Span
from analytics_hub.domain.usage import Interval
from analytics_hub.query.buckets import bucket_edges, bucket_spans

ZONES = [
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "America/St_Johns",
    "Africa/Casablanca",
    "America/Nuuk",
]
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def edges(interval: Interval, zone: str, start: str, end: str) -> list[str]:
    found = bucket_edges(interval, ZoneInfo(zone), Span(at(start), at(end)))
    return [f"{edge.astimezone(ZoneInfo(zone)):%m-%dT%H:%M%z}" for edge in found]


def test_a_day_in_new_york_lasts_25_hours_in_autumn() -> None:
    found = bucket_edges(
        Interval.DAY, ZoneInfo("America/New_York"), Span(at("2026-11-01T04:00Z"), at("2026-11-03T05:00Z"))
    )
    assert found == (at("2026-11-01T00:00-04:00"), at("2026-11-02T00:00-05:00"))
    assert found[1] - found[0] == timedelta(hours=25)


def test_the_repeated_hour_of_autumn_is_two_buckets() -> None:
    assert edges(Interval.HOUR, "America/New_York", "2026-11-01T00:00-04:00", "2026-11-01T03:00-05:00") == [
        "11-01T00:00-0400",
        "11-01T01:00-0400",
        "11-01T01:00-0500",
        "11-01T02:00-0500",
    ]


def test_an_hour_in_kathmandu_starts_a_quarter_past_the_utc_hour() -> None:
    found = bucket_edges(
        Interval.HOUR, ZoneInfo("Asia/Kathmandu"), Span(at("2026-06-01T00:00Z"), at("2026-06-01T02:00Z"))
    )
    assert [edge.minute for edge in found] == [15, 15, 15]
    assert found[0] == at("2026-05-31T23:15Z")


def test_a_change_by_half_an_hour_cuts_the_hours_around_it() -> None:
    assert edges(
        Interval.HOUR, "Australia/Lord_Howe", "2026-10-04T01:00+10:30", "2026-10-04T04:00+11:00"
    ) == [
        "10-04T01:00+1030",
        "10-04T02:30+1100",
        "10-04T03:00+1100",
    ]
    assert edges(
        Interval.HOUR, "Australia/Lord_Howe", "2026-04-05T01:10+11:00", "2026-04-05T03:00+10:30"
    ) == [
        "04-05T01:00+1100",
        "04-05T01:30+1030",
        "04-05T02:00+1030",
    ]


def test_a_range_that_begins_after_such_a_change_has_its_first_hour_there() -> None:
    assert edges(
        Interval.HOUR, "Australia/Lord_Howe", "2026-10-04T02:45+11:00", "2026-10-04T03:00+11:00"
    ) == ["10-04T02:30+1100"]


def test_a_day_that_was_left_again_for_minutes_is_not_cut_twice() -> None:
    """At 00:01 on 7 November 2010 clocks in Newfoundland went back to 23:01: the hour that followed is of the 7th."""
    zone = "America/St_Johns"
    assert edges(Interval.DAY, zone, "2010-11-06T23:30-03:30", "2010-11-08T00:00-03:30") == [
        "11-07T00:00-0230"
    ]


def test_the_first_bucket_starts_at_its_true_start_even_before_the_range() -> None:
    assert edges(Interval.WEEK, "UTC", "2026-11-05T10:00Z", "2026-11-05T11:00Z") == ["11-02T00:00+0000"]
    assert edges(Interval.MONTH, "UTC", "2026-11-05T10:00Z", "2026-12-05T11:00Z") == [
        "11-01T00:00+0000",
        "12-01T00:00+0000",
    ]


def test_a_date_that_a_zone_skipped_has_no_bucket() -> None:
    assert edges(Interval.DAY, "Pacific/Apia", "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00") == [
        "12-29T00:00-1000",
        "12-31T00:00+1400",
    ]


def test_a_day_whose_midnight_is_skipped_starts_at_the_change() -> None:
    assert edges(Interval.DAY, "America/Sao_Paulo", "2018-11-03T00:00-03:00", "2018-11-05T00:00-02:00") == [
        "11-03T00:00-0300",
        "11-04T01:00-0200",
    ]


def test_a_day_with_two_midnights_starts_at_the_first() -> None:
    assert edges(Interval.DAY, "America/Havana", "2026-11-01T02:00-05:00", "2026-11-01T03:00-05:00") == [
        "11-01T00:00-0400"
    ]


@pytest.mark.parametrize("zone", ZONES)
@given(data=st.data())
def test_buckets_cover_a_range_without_gap_or_overlap(zone: str, data: st.DataObject) -> None:
    start = datetime(2000, 1, 1, tzinfo=UTC) + data.draw(st.integers(0, 30 * 366 * 1440)) * MINUTE
    span = Span(start, start + data.draw(st.integers(1, 60 * 1440)) * MINUTE)
    interval = data.draw(st.sampled_from([Interval.HOUR, Interval.DAY, Interval.WEEK, Interval.MONTH]))
    found = bucket_edges(interval, ZoneInfo(zone), span)
    assert found[0] <= span.start < (found[1] if len(found) > 1 else span.end)
    assert found[-1] < span.end
    assert list(found) == sorted(set(found))
    pieces = bucket_spans(found, span)
    assert pieces[0].start == span.start
    assert pieces[-1].end == span.end
    assert all(left.end == right.start for left, right in pairwise(pieces))
    assert len(pieces) == len(found)


@pytest.mark.parametrize("zone", ZONES)
@given(data=st.data())
def test_a_bucket_does_not_depend_on_where_the_range_starts(zone: str, data: st.DataObject) -> None:
    start = datetime(2005, 1, 1, tzinfo=UTC) + data.draw(st.integers(0, 20 * 366 * 1440)) * MINUTE
    end = start + data.draw(st.integers(2, 90 * 1440)) * MINUTE
    middle = start + data.draw(st.integers(1, (end - start) // MINUTE - 1)) * MINUTE
    interval = data.draw(st.sampled_from([Interval.HOUR, Interval.DAY, Interval.WEEK, Interval.MONTH]))
    whole = bucket_edges(interval, ZoneInfo(zone), Span(start, end))
    tail = bucket_edges(interval, ZoneInfo(zone), Span(middle, end))
    assert whole[-len(tail) :] == tail
