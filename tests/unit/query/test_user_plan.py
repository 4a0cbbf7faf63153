"""What is read to answer who used how much: days of users where they may be believed, raw events elsewhere."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.errors import InvalidInput, TooMuch, TryLater
from analytics_hub.domain.plan import Level, Marks, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import USER_METRICS, UserQuery
from analytics_hub.query.build_users import build_users
from analytics_hub.query.user_plan import plan_users

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FIRST = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday


def ask(start: datetime = FIRST, end: datetime = FIRST + 10 * DAY, **how: Any) -> UserQuery:
    return UserQuery(UsageQuery.ask(TenantId(1), start, end, **how), raw_days_max=3)


def marks(
    *, hours: tuple[datetime, ...] = (), days: tuple[datetime, ...] = (), kept: datetime | None = None
) -> Marks:
    return Marks(frozenset(hours), frozenset(days), None, FIRST, frozenset(), events_dropped_before=kept)


def reads(query: UserQuery, known: Marks | None = None) -> dict[Level, list[Span]]:
    planned = plan_users(query, known or marks(), spans_max=100)
    return {read.level: list(read.spans) for read in planned.reads}


def test_whole_days_are_days_and_edges_are_events() -> None:
    start, end = FIRST + HOUR, FIRST + 3 * DAY + HOUR
    assert reads(ask(start, end)) == {
        Level.USER_DAY: [Span(FIRST + DAY, FIRST + 3 * DAY)],
        Level.EVENT: [Span(start, FIRST + DAY), Span(FIRST + 3 * DAY, end)],
    }


def test_a_mark_of_a_day_or_of_one_of_its_hours_makes_it_events() -> None:
    known = marks(hours=(FIRST + DAY + 5 * HOUR,), days=(FIRST + 3 * DAY,))
    assert reads(ask(), known)[Level.EVENT] == [
        Span(FIRST + DAY, FIRST + 2 * DAY),
        Span(FIRST + 3 * DAY, FIRST + 4 * DAY),
    ]


def test_a_marked_day_without_its_events_is_the_day_and_what_came_late() -> None:
    known = marks(hours=(FIRST + HOUR,), kept=FIRST + 2 * DAY)
    assert reads(ask(), known) == {
        Level.USER_DAY: [Span(FIRST, FIRST + 10 * DAY)],
        Level.EVENT: [Span(FIRST, FIRST + DAY)],
    }


@pytest.mark.parametrize(
    "query",
    [
        ask(FIRST + HOUR),
        ask(end=FIRST + DAY, group_by=["model"]),
        ask(end=FIRST + DAY, filters={"model": ["o3"]}),
        ask(end=FIRST + DAY, interval="1h"),
        ask(tz="Asia/Kolkata", interval="1d"),
    ],
)
def test_dropped_events_are_refused_not_guessed(query: UserQuery) -> None:
    with pytest.raises(InvalidInput, match="events_not_kept"):
        reads(query, marks(kept=FIRST + DAY))


@pytest.mark.parametrize(
    "how", [{"group_by": ["model"]}, {"filters": {"model": ["o3"]}}, {"interval": "1h"}, {"interval": "15m"}]
)
def test_what_only_events_know_is_bounded_in_days(how: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="range_too_long"):
        ask(**how)


def test_local_days_are_bounded_too_and_a_closer_behind_is_no_fault_of_the_question() -> None:
    with pytest.raises(TooMuch, match="too_many_raw_days"):
        reads(ask(interval="1d", tz="Asia/Kolkata"))
    with pytest.raises(TryLater, match="closer_behind"):
        reads(ask(), marks(days=tuple(FIRST + n * DAY for n in range(4))))


@pytest.mark.parametrize(
    ("how", "code", "field"),
    [
        ({"metrics": ["latency_p95_ms"]}, "unknown_metric", "metrics"),
        ({"metrics": ["unpriced_tokens"]}, "unknown_metric", "metrics"),
        ({"order": "-token_coverage"}, "unknown_metric", "order"),
        ({"compare": "previous"}, "not_by_user", "compare"),
    ],
)
def test_what_is_not_known_by_user_is_refused(how: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(**how)
    assert (refused.value.code, refused.value.field) == (code, field)


moments = st.integers(0, 12 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@given(
    st.tuples(moments, moments).filter(lambda edges: edges[0] < edges[1]),
    st.sampled_from(["none", "1d", "1w"]),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
    st.lists(moments, max_size=6),
)
def test_every_moment_of_the_range_is_read_once(
    edges: tuple[datetime, datetime], interval: str, tz: str, late: list[datetime]
) -> None:
    query = UserQuery(UsageQuery.ask(TenantId(1), *edges, interval=interval, tz=tz), raw_days_max=30)
    hours = tuple(moment.replace(minute=0) for moment in late)
    spans = sorted(span for spans in reads(query, marks(hours=hours)).values() for span in spans)
    assert (spans[0].start, spans[-1].end) == edges
    assert all(before.end == after.start for before, after in pairwise(spans))


def planned(**how: Any) -> Plan:
    return plan_users(ask(FIRST, FIRST + 2 * DAY + HOUR, **how), marks(), spans_max=100)


def test_the_statement_binds_every_value_and_names_every_column() -> None:
    hostile = "x'; DROP TABLE hub.series; --"
    text, args = build_users(
        planned(
            metrics=USER_METRICS,
            group_by=["model"],
            filters={"tag.a": [hostile], "tag." + hostile[:9]: ["y"]},
        )
    )
    assert "DROP" not in text
    assert args["filter0_values"] == [hostile]
    assert args["filter1"] == hostile[:9]
    assert text.count("tenant_id = %(tenant_id)s::int4") == text.count("FROM hub_read.")


def test_days_alone_are_grouped_by_user_only() -> None:
    text, args = build_users(plan_users(ask(), marks(), spans_max=100))
    assert "usage_events" not in text
    assert "hub_read.series" not in text
    assert (args["p0_from"], args["p0_to"]) == (FIRST, FIRST + 10 * DAY)
