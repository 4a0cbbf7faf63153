"""Reading in parts, best groups first, gives the rows that one statement over everything would give."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.plan import GroupRows, Level, Plan
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.answering import Answered
from analytics_hub.query.memory import Delta, MemorySnapshot, MemoryUsageStore
from analytics_hub.query.plan import facets_of, marks_span, plan
from analytics_hub.query.reading import Reader
from tests.support.measure_rows import measure_rows

TENANT = TenantId(7)
HOUR = timedelta(hours=1)
START = datetime(2026, 10, 20, tzinfo=UTC)

deltas = st.lists(
    st.tuples(st.integers(0, 71), st.sampled_from("abcd"), st.integers(-3, 9)), min_size=1, max_size=40
)


class Counting(MemorySnapshot):
    """Remembers what was read."""

    read: list[Plan]

    async def rows(self, plan: Plan) -> Any:
        self.read.append(plan)
        return await super().rows(plan)


def question(**asked: Any) -> UsageQuery:
    return UsageQuery.ask(
        TENANT, START, START + 72 * HOUR, **{"metrics": ["events"], "order": "-events"} | asked
    )


def read(store: MemoryUsageStore, **asked: Any) -> tuple[Answered, list[Plan]]:
    query = question(**asked)

    async def answered() -> tuple[Answered, list[Plan]]:
        async with store.snapshot(TENANT) as snapshot:
            snapshot.__class__ = Counting
            assert isinstance(snapshot, Counting)
            snapshot.read = []
            marks = await snapshot.marks(marks_span(query), facets_of(query))
            return await Reader(snapshot, marks, 500).read(query), snapshot.read

    return asyncio.run(answered())


def stored(drawn: list[tuple[int, str, int]], closed: int = 0) -> MemoryUsageStore:
    store = MemoryUsageStore(TENANT, START, facet_values_max=3)
    for hour, model, events in drawn:
        store.add(Delta(START + hour * HOUR, {"model": model}, {"events": events}))
    store.close(START + closed * HOUR)
    return store


def at_once(store: MemoryUsageStore, **asked: Any) -> Sequence[GroupRows]:
    """What one statement over everything says."""
    query = question(**asked)

    async def rows() -> Sequence[GroupRows]:
        async with store.snapshot(TENANT) as snapshot:
            marks = await snapshot.marks(marks_span(query), facets_of(query))
            return await snapshot.rows(plan(query, marks, spans_max=500))

    return asyncio.run(rows())


def said(groups: Sequence[GroupRows]) -> list[Any]:
    rows = measure_rows(groups)
    return [(row.bucket, row.group, row.other, row.sums["events"]) for row in rows if row.sums["events"]]


def expected(drawn: list[tuple[int, str, int]], limit: int) -> list[Any]:
    totals = Counter[str]()
    cells = Counter[tuple[str, int]]()
    for hour, model, events in drawn:
        totals[model] += events
        cells[model, hour] += events
    best = sorted(totals, key=lambda model: (-totals[model], model))[:limit]
    rows = [
        (START + hour * HOUR, (model,), False, cells[model, hour])
        for model in best
        for hour in range(72)
        if cells[model, hour]
    ]
    rest = Counter[int]()
    for (model, hour), events in cells.items():
        rest[hour] += 0 if model in best else events
    return rows + [(START + hour * HOUR, ("",), True, rest[hour]) for hour in range(72) if rest[hour]]


@given(deltas, st.integers(0, 80), st.integers(1, 5))
def test_a_long_answer_in_parts_is_the_answer(
    drawn: list[tuple[int, str, int]], closed: int, limit: int
) -> None:
    answered, _ = read(stored(drawn, closed), interval="1h", group_by=["model"], limit=limit)
    assert said(answered.rows) == expected(drawn, limit)


@given(
    deltas,
    st.integers(64, 72),
    st.lists(st.tuples(st.integers(0, 71), st.sampled_from("abcd"), st.integers(-3, 9)), max_size=5),
    st.integers(1, 5),
    st.sampled_from(["-events", "events", "-error_rate", "error_rate"]),
)
def test_minutes_that_are_read_once_belong_to_every_part(
    drawn: list[tuple[int, str, int]], closed: int, late: list[tuple[int, str, int]], limit: int, order: str
) -> None:
    store = stored(drawn, closed)
    for hour, model, events in late:
        at = START + hour * HOUR + timedelta(minutes=events + 3)
        store.add(Delta(at, {"model": model}, {"events": events, "errors": hour % 3}))
    asked = {"interval": "1h", "group_by": ["model"], "limit": limit, "order": order}
    answered, _ = read(store, **asked)
    assert said(answered.rows) == said(at_once(store, **asked))


def test_the_minutes_of_open_hours_are_read_once_and_of_every_group() -> None:
    store = stored([(hour, model, 1) for hour in range(72) for model in "abc"], closed=70)
    answered, plans = read(store, interval="1h", group_by=["model"], limit=2)
    assert said(answered.rows) == said(at_once(store, interval="1h", group_by=["model"], limit=2))
    minutes = [one for one in plans if Level.MINUTE in {read.level for read in one.reads}]
    assert [(one.groups, one.others, [read.level for read in one.reads]) for one in minutes] == [
        (None, False, [Level.MINUTE])
    ]
    assert len(plans) == 4


def test_many_open_hours_are_read_with_each_part() -> None:
    store = stored([(hour, model, 1) for hour in range(72) for model in "abc"], closed=60)
    _, plans = read(store, interval="1h", group_by=["model"], limit=2)
    assert [Level.MINUTE in {read.level for read in one.reads} for one in plans] == [True, True, True]


def test_only_the_groups_that_are_shown_are_read_bucket_by_bucket() -> None:
    store = stored([(hour, model, 1) for hour in range(70) for model in "abc"], closed=90)
    _, plans = read(store, interval="1h", group_by=["model"], limit=2)
    assert [(one.facet, one.groups, len(one.edges)) for one in plans] == [
        ("model", None, 0),
        ("model", (("a",), ("b",)), 72),
        ("", None, 72),
    ]


def test_percentiles_few_buckets_filters_and_two_dimensions_are_read_at_once() -> None:
    store = stored([(0, "a", 1), (1, "b", 1)], closed=90)
    for asked in (
        {"interval": "1d", "group_by": ["model"]},
        {"interval": "1h", "group_by": ["model"], "filters": {"model": ["a", "b"]}},
        {"interval": "1h", "group_by": ["model", "project"]},
    ):
        answered, plans = read(store, limit=1, **asked)
        assert (len(plans), len(said(answered.rows))) == (1, 2)
