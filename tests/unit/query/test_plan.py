"""The planner: every part of a range is read exactly once, from the coarsest level that may be believed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_hub.domain.errors import InvalidInput, TryLater
from analytics_hub.domain.plan import Level, Marks, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.memory import Delta, MemoryUsageStore
from analytics_hub.query.plan import marks_span, plan

TENANT = TenantId(7)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 10, 20, tzinfo=UTC)
NOTHING_MARKED = Marks(frozenset(), frozenset(), None, START)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def marked(*hours: str, days: Sequence[str] = (), dropped: str | None = None) -> Marks:
    return Marks(frozenset(map(at, hours)), frozenset(map(at, days)), at(dropped) if dropped else None, START)


def reads(start: str, end: str, marks: Marks = NOTHING_MARKED, **asked: Any) -> dict[str, list[str]]:
    query = UsageQuery.ask(TENANT, at(start), at(end), **asked)
    found = plan(query, marks, spans_max=500)
    return {
        read.level.value: [f"{span.start:%dT%H:%M}-{span.end:%dT%H:%M}" for span in read.spans]
        for read in found.reads
    }


def test_whole_days_come_from_days_whole_hours_from_hours_edges_from_minutes() -> None:
    assert reads("2026-11-01T22:30Z", "2026-11-04T02:10Z") == {
        "usage_1d": ["02T00:00-04T00:00"],
        "usage_1h": ["01T23:00-02T00:00", "04T00:00-04T02:00"],
        "usage_1m": ["01T22:30-01T23:00", "04T02:00-04T02:10"],
    }


def test_a_marked_hour_is_read_from_minutes_and_its_day_from_hours() -> None:
    assert reads("2026-11-01T00:00Z", "2026-11-03T00:00Z", marked("2026-11-02T05:00Z")) == {
        "usage_1d": ["01T00:00-02T00:00"],
        "usage_1h": ["02T00:00-02T05:00", "02T06:00-03T00:00"],
        "usage_1m": ["02T05:00-02T06:00"],
    }


def test_a_marked_day_is_read_from_its_closed_hours() -> None:
    assert reads("2026-11-01T00:00Z", "2026-11-03T00:00Z", marked(days=["2026-11-02T00:00Z"])) == {
        "usage_1d": ["01T00:00-02T00:00"],
        "usage_1h": ["02T00:00-03T00:00"],
    }


def test_days_of_india_are_hours_and_half_hours() -> None:
    assert reads("2026-11-01T00:00+05:30", "2026-11-03T00:00+05:30", interval="day", tz="Asia/Kolkata") == {
        "usage_1h": ["31T19:00-01T18:00", "01T19:00-02T18:00"],
        "usage_1m": ["31T18:30-31T19:00", "01T18:00-01T19:00", "02T18:00-02T18:30"],
    }


def test_months_in_a_zone_read_whole_utc_days_inside_them() -> None:
    zone = "America/New_York"
    assert reads("2026-10-01T00:00-04:00", "2026-11-01T00:00-04:00", interval="month", tz=zone) == {
        "usage_1d": ["02T00:00-01T00:00"],
        "usage_1h": ["01T04:00-02T00:00", "01T00:00-01T04:00"],
    }


@pytest.mark.parametrize("interval", ["1m", "5m", "15m"])
def test_fine_intervals_read_minutes_only(interval: str) -> None:
    assert reads("2026-11-01T00:00Z", "2026-11-02T00:00Z", interval=interval) == {
        "usage_1m": ["01T00:00-02T00:00"]
    }


def test_a_marked_hour_behind_the_minute_retention_is_its_coarse_row_and_its_late_minutes() -> None:
    marks = marked("2026-11-01T05:00Z", dropped="2026-11-02T00:00Z")
    assert reads("2026-11-01T04:00Z", "2026-11-01T07:00Z", marks) == {
        "usage_1h": ["01T04:00-01T07:00"],
        "usage_1m": ["01T05:00-01T06:00"],
    }


@pytest.mark.parametrize(
    ("start", "asked"),
    [
        ("2026-11-01T00:30Z", {}),
        ("2026-11-01T00:00Z", {"interval": "15m"}),
        ("2026-11-01T00:00Z", {"interval": "hour", "tz": "Asia/Kolkata"}),
    ],
)
def test_minutes_that_are_gone_are_refused_rather_than_guessed(start: str, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        reads(start, "2026-11-01T09:00Z", marked(dropped="2026-11-02T00:00Z"), **asked)
    assert refused.value.code == "minutes_not_kept"


def test_too_many_scattered_marks_are_read_as_one_span_of_minutes() -> None:
    marks = Marks(frozenset(START + 2 * HOUR * n for n in range(1, 9)), frozenset(), None, START)
    found = plan(UsageQuery(TENANT, START, START + DAY), marks, spans_max=4)
    spans = {read.level: read.spans for read in found.reads}
    assert spans[Level.MINUTE] == (Span(START + 2 * HOUR, START + 17 * HOUR),)
    assert spans[Level.HOUR] == (Span(START, START + 2 * HOUR), Span(START + 17 * HOUR, START + DAY))


def test_scattered_marks_behind_the_retention_ask_to_come_back() -> None:
    marks = Marks(frozenset(START + 2 * HOUR * n for n in range(1, 9)), frozenset(), START + DAY, START)
    with pytest.raises(TryLater, match="closer_behind"):
        plan(UsageQuery(TENANT, START, START + DAY), marks, spans_max=4)


def test_only_the_columns_that_are_needed_are_read_each_once() -> None:
    query = UsageQuery.ask(
        TENANT, START, START + DAY, metrics=["latency_p95_ms", "latency_p50_ms", "events"], group_by=["model"]
    )
    found = plan(query, NOTHING_MARKED, spans_max=500)
    assert found.sketches == ("latency_sketch",)
    assert "cost_input_pico_usd" not in found.columns
    assert len(set(found.columns)) == len(found.columns)


INTERVALS = [interval for interval in Interval if interval not in (Interval.MINUTE, Interval.MINUTES_5)]
ZONES = [
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
]


def questions() -> st.SearchStrategy[UsageQuery]:
    return st.builds(
        lambda start, length, interval, tz, grouped: UsageQuery(
            TENANT,
            START + start * MINUTE,
            START + (start + length) * MINUTE,
            interval=interval,
            tz=tz,
            group_by=("model",) if grouped else (),
        ),
        st.one_of(st.integers(0, 4 * 1440), st.integers(0, 96).map(lambda hours: hours * 60)),
        st.one_of(st.integers(1, 4 * 1440), st.integers(1, 96).map(lambda hours: hours * 60)),
        st.sampled_from(INTERVALS),
        st.sampled_from(ZONES),
        st.booleans(),
    )


@given(
    questions(),
    st.frozensets(st.integers(0, 24 * 9).map(lambda hours: START - DAY + hours * HOUR)),
    st.frozensets(st.integers(0, 9).map(lambda days: START - DAY + days * DAY)),
)
def test_every_minute_of_the_range_is_read_exactly_once(
    query: UsageQuery, hours: frozenset[datetime], days: frozenset[datetime]
) -> None:
    found = plan(query, Marks(hours, days, None, START), spans_max=500)
    spans = sorted(span for read in found.reads for span in read.spans)
    assert spans[0].start == query.start
    assert spans[-1].end == query.end
    assert all(left.end == right.start for left, right in pairwise(spans))


def outcome(store: MemoryUsageStore, query: UsageQuery, spans_max: int) -> dict[Any, int]:
    """Events by bucket and group, through marks, plan and rows."""

    async def ask() -> dict[Any, int]:
        async with store.snapshot(TENANT) as snapshot:
            found = plan(query, await snapshot.marks(marks_span(query)), spans_max=spans_max)
            rows = await snapshot.rows(found)
        return {(row.bucket, row.group): row.sums["events"] for row in rows}

    return asyncio.run(ask())


def raw_outcome(store: MemoryUsageStore, query: UsageQuery) -> dict[Any, int]:
    everything = MemoryUsageStore(TENANT, START)
    for delta in store.raw():
        everything.add(delta)
    minutes = Plan(
        query,
        plan(query, NOTHING_MARKED, spans_max=500).edges,
        plan(UsageQuery(TENANT, query.start, query.end, Interval.MINUTE), NOTHING_MARKED, spans_max=1).reads,
        ("events",),
        (),
    )

    async def ask() -> dict[Any, int]:
        async with everything.snapshot(TENANT) as snapshot:
            return {(row.bucket, row.group): row.sums["events"] for row in await snapshot.rows(minutes)}

    return asyncio.run(ask())


# Three days in which few places are hit often, so that late deltas meet closed and dropped hours.
MINUTES = st.builds(
    lambda hour, minute: hour * 60 + minute, st.integers(0, 71), st.sampled_from([0, 29, 45, 59])
)
ADDS = st.lists(st.tuples(st.just("add"), MINUTES, st.sampled_from("ab")), min_size=1, max_size=12)
ACTS = st.one_of(
    ADDS,
    st.integers(0, 96).map(lambda hours: [("close", hours, "")]),
    st.tuples(st.integers(24, 96), st.integers(0, 72)).map(
        lambda both: [("close", both[0], ""), ("drop", both[1], "")]
    ),
)
NEAR = st.one_of(
    questions(),
    st.builds(
        lambda start, length, interval, tz: UsageQuery(
            TENANT, START + start * HOUR, START + (start + length) * HOUR, interval=interval, tz=tz
        ),
        st.sampled_from([-6, 0, 1, 24, 30]),
        st.sampled_from([24, 48, 72, 96]),
        st.sampled_from([Interval.NONE, Interval.HOUR, Interval.DAY, Interval.WEEK]),
        st.sampled_from(["UTC", "America/New_York"]),
    ),
)


@given(st.lists(ACTS, max_size=6), st.lists(NEAR, min_size=1, max_size=4), st.sampled_from([1, 3, 500]))
@settings(max_examples=500)
def test_an_answer_equals_the_raw_sum_whatever_came_late_was_closed_or_dropped(
    acts: list[list[tuple[str, int, str]]], asked: list[UsageQuery], spans_max: int
) -> None:
    store = MemoryUsageStore(TENANT, START)
    for act, number, model in (one for some in acts for one in some):
        if act == "add":
            store.add(Delta(START + number * MINUTE, {"model": model}, {"events": 1}))
        elif act == "close":
            store.close(START + number * HOUR)
        else:
            store.drop_minutes(START + number * HOUR)
    for query in asked:
        try:
            answer = outcome(store, query, spans_max)
        except (InvalidInput, TryLater) as refused:
            assert refused.code in {"minutes_not_kept", "closer_behind"}  # noqa: PT017
        else:
            assert answer == raw_outcome(store, query)
