"""`hub query` as rows: groups, buckets, and the period before beside them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics_hub.cli.query_rows import answer_rows, header, shown, table_cell
from analytics_hub.domain.answer import UsageAnswer, Value
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.memory import Delta, MemoryUsageStore
from analytics_hub.query.service import UsageService

NOW = datetime(2026, 11, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ask(**asked: Any) -> UsageAnswer:
    store = MemoryUsageStore(TenantId(7), NOW)
    for hours, model, events in ((1, "a", 3), (2, "b", 2), (3, "a", 1), (4, "b", 7)):
        store.add(Delta(NOW - hours * HOUR, {"model": model}, {"events": events}))
    start = asked.pop("start", NOW - 2 * HOUR)
    query = UsageQuery.ask(TenantId(7), start, NOW, metrics=["events"], order="-events", **asked)
    return asyncio.run(UsageService(store, spans_max=500).ask(query))


def rows(answer: UsageAnswer) -> list[list[Value]]:
    return list(answer_rows(answer, ["events"], lambda name, values: values[name], None))


def test_a_number_of_users_is_shown_as_a_count() -> None:
    assert shown("distinct_users", 12_345) == "12,345"


def test_without_an_interval_a_row_is_a_group() -> None:
    answer = ask(group_by=["model"], limit=1)
    assert (header(answer, ["events"]), rows(answer)) == (["model", "events"], [["a", 3], ["(other)", 2]])


def test_the_period_before_stands_beside_a_group() -> None:
    answer = ask(group_by=["model"], compare="previous")
    assert header(answer, ["events"]) == ["model", "events", "previous_events"]
    assert rows(answer) == [["a", 3, 1], ["b", 2, 7]]


def test_buckets_stand_beside_those_in_the_same_place() -> None:
    answer = ask(group_by=["model"], interval="1h", compare="previous")
    assert header(answer, ["events"]) == ["time", "model", "events", "previous_time", "previous_events"]
    assert rows(answer) == [
        ["2026-11-04T23:00+00:00", "a", 3, "2026-11-04T21:00+00:00", 1],
        ["2026-11-04T22:00+00:00", "b", 2, "2026-11-04T20:00+00:00", 7],
    ]


def test_a_bucket_of_one_period_only_leaves_the_other_empty() -> None:
    answer = ask(interval="1h", filters={"model": ["a", "c"]}, compare="previous", start=NOW - HOUR)
    assert rows(answer) == [["2026-11-04T23:00+00:00", 3, None, None]]


def test_filled_buckets_stand_beside_filled_ones() -> None:
    answer = ask(interval="15m", compare="previous", fill=True)
    assert [row[-1] for row in rows(answer)] == [7, 0, 0, 0, 1, 0, 0, 0]


def test_a_table_tells_no_price_from_nothing() -> None:
    unpriced: dict[str, Value] = {"events": 2, "unpriced_events": 2, "cost_usd": "0.00"}
    assert table_cell("cost_usd", unpriced) == "unpriced"
    assert table_cell("cost_usd", {**unpriced, "unpriced_events": 1}) == "$0.00"
    assert (
        table_cell(
            "cost_per_1k_requests_usd", {"events": 0, "unpriced_events": 0, "cost_per_1k_requests_usd": None}
        )
        == "–"
    )
