"""End-users are counted as sets: of a point, a group, the others and the whole, whatever is closed."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.errors import HubError, InvalidInput, TooMuch
from analytics_hub.domain.plan import Marks, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Filter, QueryCaps, UsageQuery
from analytics_hub.domain.user_usage import BucketRows
from analytics_hub.query.build import build
from analytics_hub.query.distinct import plan_distinct
from analytics_hub.query.memory import Delta, MemoryUsageStore
from analytics_hub.query.service import UsageService

TENANT = TenantId(7)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
START = datetime(2026, 10, 20, tzinfo=UTC)
NOTHING_MARKED = Marks(frozenset(), frozenset(), None, START)

events = st.lists(st.tuples(st.integers(0, 71), st.sampled_from("abc"), st.sampled_from(["", "x", "y", "z"])))
Key = tuple[str | None, datetime | None]
"""The model (None: the others, or everything), and the bucket."""


def ask(store: MemoryUsageStore, **asked: Any) -> UsageAnswer:
    words = {"metrics": ["distinct_users"], "order": "-events"} | asked
    query = UsageQuery.ask(TENANT, START, START + 3 * DAY, **words)
    return asyncio.run(UsageService(store, spans_max=500).ask(query))


def stored(drawn: list[tuple[int, str, str]], closed: list[int]) -> MemoryUsageStore:
    """Events by hour, with the closer running after so many of them."""
    store = MemoryUsageStore(TENANT, START)
    for number, (hour, model, user) in enumerate(drawn):
        store.add(Delta(START + hour * HOUR, {"model": model}, {"events": 1}, user=user))
        if number in closed:
            store.close(START + 4 * DAY)
    return store


def said(answer: UsageAnswer) -> dict[Key, Any]:
    found: dict[Key, Any] = {}
    for one in answer.series:
        group = one.group.get("model")
        found[group, None] = one.total["distinct_users"]
        found |= {(group, point.start): point.values["distinct_users"] for point in one.points}
    return {key: users for key, users in found.items() if users}


@given(
    events,
    st.lists(st.integers(0, 20)),
    st.sampled_from(["none", "1d", "1h"]),
    st.booleans(),
    st.integers(1, 3),
)
def test_every_count_is_the_size_of_its_set(
    drawn: list[tuple[int, str, str]], closed: list[int], interval: str, grouped: bool, limit: int
) -> None:
    answer = ask(
        stored(drawn, closed),
        interval=interval,
        **({"group_by": ["model"], "limit": limit} if grouped else {}),
    )
    shown = [one.group["model"] for one in answer.series if one.group]
    users = defaultdict[Key, set[str]](set)
    width = {"none": 0, "1d": 24, "1h": 1}[interval]
    for hour, model, user in drawn:
        group = model if grouped and model in shown else None
        for bucket in {None, START + hour // width * width * HOUR if width else None}:
            users[group, bucket].add(user)
    assert said(answer) == {key: len(found - {""}) for key, found in users.items() if found - {""}}
    assert answer.total["distinct_users"] == len({user for *_, user in drawn} - {""})


def test_the_period_before_and_filled_buckets_have_their_own_users() -> None:
    store = stored([(1, "a", "x"), (1, "b", "y"), (49, "a", "x")], [])
    query = UsageQuery.ask(
        TENANT,
        START + DAY,
        START + 3 * DAY,
        metrics=["distinct_users"],
        interval="1d",
        compare="previous",
        fill=True,
    )
    (only,) = asyncio.run(UsageService(store, spans_max=500).ask(query)).series
    assert [point.values["distinct_users"] for point in only.points] == [0, 1]
    assert only.previous
    assert (only.previous.total, len(only.previous.points)) == ({"distinct_users": 2}, 2)


def test_what_was_read_for_users_is_said() -> None:
    answer = ask(stored([(1, "a", "x")], [0]))
    assert [read.level.value for read in answer.levels] == ["usage_1d_facet", "usage_user_1d"]
    assert ask(stored([(1, "a", "x")], [0]), metrics=["events"]).levels == answer.levels[:1]


@pytest.mark.parametrize(
    ("asked", "kind", "refused"),
    [
        ({"group_by": ["model"]}, InvalidInput, "range_too_long (from): distinct_users: "),
        ({"filters": {"model": ["a"]}}, InvalidInput, "range_too_long (from): distinct_users: "),
        ({"interval": "1h"}, InvalidInput, "range_too_long (from): distinct_users: "),
        ({"interval": "1d", "tz": "Asia/Kolkata"}, TooMuch, "too_many_raw_days (interval): distinct_users: "),
    ],
)
def test_more_raw_days_than_allowed_are_refused(
    asked: dict[str, Any], kind: type[HubError], refused: str
) -> None:
    with pytest.raises(kind) as error:
        ask(MemoryUsageStore(TENANT, START), caps=QueryCaps(raw_days_max=2), **asked)
    assert str(error.value).startswith(refused)


def statement(*groups: tuple[str, ...], **asked: Any) -> tuple[str, Any]:
    query = UsageQuery.ask(TENANT, START + HOUR, START + 3 * DAY, metrics=["distinct_users"], **asked)
    return build(plan_distinct(query, groups, NOTHING_MARKED, spans_max=500))


def test_no_value_enters_the_text_and_every_view_is_read_by_tenant() -> None:
    hostile = "x'; DROP TABLE hub.series; --"
    text, args = statement(
        (hostile, "a"), group_by=["model", "tag.team"], filters={"tag.team": [hostile]}, interval="1h"
    )
    assert "DROP" not in text
    assert (args["groups0"], args["groups1"], args["filter0_values"]) == ([hostile], ["a"], [hostile])
    assert text.count("tenant_id = %(tenant_id)s::int4") == text.count("FROM hub_read.")


def test_events_of_a_lost_series_belong_to_the_group_without_names() -> None:
    assert statement(("a",), ("",), group_by=["model"])[1]["lost"] == 2
    assert statement(("a",), group_by=["model"])[1]["lost"] == 0


@pytest.mark.parametrize(
    ("hours", "interval", "tz", "plain"),
    [
        (0, "1d", "UTC", True),
        (24, "1d", "UTC", True),
        (0, "1w", "UTC", False),
        (1, "1d", "UTC", False),
        (0, "1d", "Asia/Kolkata", False),
        (0, "none", "UTC", False),
    ],
)
def test_only_days_of_users_are_taken_as_they_are(hours: int, interval: str, tz: str, plain: bool) -> None:
    query = UsageQuery.ask(
        TENANT, START + hours * HOUR, START + 2 * DAY, metrics=["distinct_users"], interval=interval, tz=tz
    )
    text, _ = build(plan_distinct(query, ((),), NOTHING_MARKED, spans_max=500))
    assert ("by_at AS NOT MATERIALIZED" in text) is plain
    assert "count(DISTINCT" not in text  # which would sort


def test_a_filter_is_kept_and_the_limit_is_not() -> None:
    query = UsageQuery.ask(
        TENANT,
        START,
        START + DAY,
        metrics=["distinct_users"],
        group_by=["model"],
        limit=1,
        filters={"model": ["a"]},
    )
    planned = plan_distinct(query, (("a",),), NOTHING_MARKED, spans_max=500)
    assert (planned.query.filters, planned.groups) == ((Filter("model", ("a",)),), (("a",),))


def test_a_planner_that_overlooked_marks_would_miss_who_came_late() -> None:
    store = stored([(1, "a", "x"), (2, "a", "y")], [0])
    query = UsageQuery.ask(TENANT, START, START + 3 * DAY, metrics=["distinct_users"])

    async def counted(*, blind: bool) -> int:
        async with store.snapshot(TENANT) as snapshot:
            marks = NOTHING_MARKED if blind else await snapshot.marks(Span(query.start, query.end))
            planned = plan_distinct(query, ((),), marks, spans_max=500)
            return (await snapshot.distinct_users(planned)).whole

    assert asyncio.run(counted(blind=False)) == 2
    assert asyncio.run(counted(blind=True)) == 1


def test_who_did_nothing_between_two_runs_is_not_counted() -> None:
    days = [BucketRows(START + at * DAY, 100, 100) for at in range(-3, 3)]
    query = UsageQuery.ask(TENANT, START, START + 3 * DAY, metrics=["distinct_users"])
    planned = plan_distinct(query, ((),), NOTHING_MARKED, days, spans_max=500)
    assert [piece.sign for piece in planned.pieces] == [1, -1]
    assert "HAVING sum(events) > 0" in build(planned)[0]
    assert "HAVING sum" not in build(plan_distinct(query, ((),), NOTHING_MARKED, spans_max=500))[0]
