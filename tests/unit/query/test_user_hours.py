"""What no day of users answers is read from their hours, where those may be believed; raw events elsewhere."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.plan import Level, Marks, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import BucketRows, Piece, UserQuery
from analytics_hub.query.build_users import build_users
from analytics_hub.query.user_hours import STRETCHES_MAX, split
from analytics_hub.query.user_plan import plan_users

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FIRST = datetime(2026, 11, 2, tzinfo=UTC)
METRICS = ("events", "total_tokens", "cost_usd", "error_rate")


def ask(start: datetime, end: datetime, **how: Any) -> UserQuery:
    words = {"metrics": METRICS} | how
    return UserQuery(UsageQuery.ask(TenantId(1), start, end, **words), raw_days_max=30)


def stored(first: int, end: int, runs: tuple[int, ...] = ()) -> list[BucketRows]:
    return [BucketRows(FIRST + at * HOUR, 10, 12 if at in runs else None) for at in range(first, end)]


def marks(*hours: datetime, days: frozenset[datetime] = frozenset(), kept: datetime | None = None) -> Marks:
    return Marks(frozenset(hours), days, None, FIRST, events_dropped_before=kept)


def reads(query: UserQuery, hours: list[BucketRows], known: Marks | None = None) -> dict[Level, list[Span]]:
    planned = plan_users(query, known or marks(), (), hours, spans_max=100)
    return {read.level: list(read.spans) for read in planned.reads}


def test_the_running_day_is_hours_and_then_events() -> None:
    end = FIRST + DAY + timedelta(hours=9, minutes=37)
    assert reads(ask(FIRST, end), stored(0, 33)) == {
        Level.USER_DAY: [Span(FIRST, FIRST + DAY)],
        Level.USER_HOUR: [Span(FIRST + DAY, FIRST + DAY + 9 * HOUR)],
        Level.EVENT: [Span(FIRST + DAY + 9 * HOUR, end)],
    }


def test_a_marked_hour_is_events() -> None:
    found = reads(ask(FIRST, FIRST + 5 * HOUR), stored(0, 5), marks(FIRST + 2 * HOUR))
    assert found[Level.EVENT] == [Span(FIRST + 2 * HOUR, FIRST + 3 * HOUR)]


def test_a_day_that_waits_to_be_closed_is_hours() -> None:
    known = marks(days=frozenset([FIRST]))
    assert reads(ask(FIRST, FIRST + DAY), stored(0, 24), known) == {
        Level.USER_HOUR: [Span(FIRST, FIRST + DAY)]
    }


def test_what_came_late_behind_dropped_events_is_no_hour() -> None:
    known = marks(FIRST + HOUR, kept=FIRST + DAY)
    assert Level.USER_HOUR not in reads(ask(FIRST, FIRST + DAY), stored(0, 24), known)


@pytest.mark.parametrize(
    "how",
    [
        {"group_by": ["model"]},
        {"filters": {"model": ["o3"]}},
        {"metrics": ("events", "latency_avg_ms")},
        {"order": "-latency_avg_ms"},
        {"interval": "15m"},
    ],
)
def test_what_hours_do_not_know_is_events(how: dict[str, Any]) -> None:
    assert set(reads(ask(FIRST, FIRST + 5 * HOUR, **how), stored(0, 5))) == {Level.EVENT}


def test_an_hour_that_a_local_day_cuts_is_events() -> None:
    query = ask(FIRST, FIRST + DAY, interval="1d", tz="Asia/Kathmandu")
    cut = FIRST + 18 * HOUR  # midnight there is 18:15
    assert reads(query, stored(0, 24))[Level.EVENT] == [Span(cut, cut + HOUR)]


def test_local_days_of_whole_hours_and_hours_by_themselves_need_no_events() -> None:
    for how in ({"interval": "1d", "tz": "Asia/Tokyo"}, {"interval": "1h"}):
        assert set(reads(ask(FIRST, FIRST + DAY, **how), stored(0, 24))) == {Level.USER_HOUR}


def test_of_many_stretches_the_longest_are_read() -> None:
    readable = frozenset(FIRST + at * HOUR for at in range(100) if at % 3 and at not in {40, 50})
    parts = list(split(Span(FIRST, FIRST + 100 * HOUR), readable))
    taken = [span for level, span in parts if level is Level.USER_HOUR]
    assert len(taken) == STRETCHES_MAX
    assert {span.length for span in taken} == {2 * HOUR}


def test_hours_of_a_day_are_the_difference_of_two_runs() -> None:
    planned = plan_users(
        ask(FIRST + 4 * HOUR, FIRST + 20 * HOUR), marks(), (), stored(0, 24, (3, 18)), spans_max=9
    )
    hour = FIRST + 19 * HOUR
    assert planned.pieces == (
        Piece(1, run=FIRST + 18 * HOUR, level=Level.USER_HOUR),
        Piece(1, span=Span(hour, hour + HOUR), level=Level.USER_HOUR),
        Piece(-1, run=FIRST + 3 * HOUR, level=Level.USER_HOUR),
    )


def test_hours_alone_ask_for_no_event_and_no_series() -> None:
    planned = plan_users(ask(FIRST, FIRST + 9 * HOUR), marks(), (), stored(0, 9, (8,)), spans_max=9)
    text, args = build_users(planned)
    assert "usage_events" not in text
    assert "hub_read.series" not in text
    assert args["p0_run"] == FIRST + 8 * HOUR
    assert text.count("tenant_id = %(tenant_id)s::int4") == text.count("FROM hub_read.")


moments = st.integers(0, 6 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@given(
    st.tuples(moments, moments).filter(lambda edges: edges[0] < edges[1]),
    st.sampled_from(["none", "1h", "1d", "1w"]),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
    st.lists(moments, max_size=6),
    st.lists(st.integers(0, 6 * 24), max_size=40),
)
def test_every_moment_of_the_range_is_read_once(
    edges: tuple[datetime, datetime], interval: str, tz: str, late: list[datetime], stored_at: list[int]
) -> None:
    marked = {moment.replace(minute=0) for moment in late}
    hours = [BucketRows(FIRST + at * HOUR, 1, None) for at in sorted(set(stored_at))]
    found = reads(ask(*edges, interval=interval, tz=tz), hours, marks(*marked))
    spans = sorted(span for of_level in found.values() for span in of_level)
    assert (spans[0].start, spans[-1].end) == edges
    assert all(before.end == after.start for before, after in pairwise(spans))
    read = {
        span.start + at * HOUR for span in found.get(Level.USER_HOUR, []) for at in range(span.length // HOUR)
    }
    assert read <= {one.bucket for one in hours} - marked
