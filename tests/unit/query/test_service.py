"""The use cases over the in-memory twins."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.ledger import Ledger, LedgerCount, LedgerHour
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.ledger import LedgerService
from analytics_hub.query.memory import Delta, MemoryLedgerStore, MemoryUsageStore
from analytics_hub.query.service import UsageService

TENANT = TenantId(7)
NOW = datetime(2026, 11, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def store() -> MemoryUsageStore:
    usage = MemoryUsageStore(TENANT, NOW, ["team"])
    for hours, model, events in ((5, "a", 1), (4, "b", 5), (4, "a", 2), (3, "c", 3)):
        usage.add(Delta(NOW - hours * HOUR, {"model": model, "tag.team": model}, {"events": events}))
    return usage


def ask(usage: MemoryUsageStore, tenant: TenantId = TENANT, **asked: Any) -> UsageAnswer:
    start = asked.pop("start", NOW - 24 * HOUR)
    query = UsageQuery.ask(tenant, start, NOW, **{"metrics": ["events"], **asked})
    return asyncio.run(UsageService(usage, spans_max=500).ask(query))


def shape(answer: UsageAnswer) -> list[tuple[dict[str, str], bool, Any, list[Any]]]:
    return [
        (dict(one.group), one.other, one.total["events"], [point.values["events"] for point in one.points])
        for one in answer.series
    ]


def test_without_groups_there_is_one_series() -> None:
    assert shape(ask(store(), interval="1h")) == [({}, False, 11, [1, 7, 3])]


def test_groups_past_the_limit_are_one_series_called_other() -> None:
    answer = ask(store(), interval="1h", group_by=["model"], limit=1)
    assert shape(answer) == [({"model": "b"}, False, 5, [5]), ({}, True, 6, [1, 2, 3])]
    assert answer.total["events"] == 11


def test_with_fill_every_bucket_is_a_point_of_every_series() -> None:
    answer = ask(store(), start=NOW - 6 * HOUR, interval="1h", group_by=["model"], limit=2, fill=True)
    assert shape(answer) == [
        ({"model": "b"}, False, 5, [0, 0, 5, 0, 0, 0]),
        ({"model": "a"}, False, 3, [0, 1, 2, 0, 0, 0]),
        ({}, True, 3, [0, 0, 0, 3, 0, 0]),
    ]
    assert [len(one.points) for one in ask(store(), TenantId(8), interval="1h", fill=True).series] == [24]


def test_an_empty_bucket_has_zeros_and_nothing_to_divide() -> None:
    metrics = ["events", "cost_usd", "error_rate", "latency_p95_ms"]
    answer = ask(store(), start=NOW - HOUR, interval="1h", fill=True, metrics=metrics)
    expected = {"events": 0, "cost_usd": "0.00", "error_rate": None, "latency_p95_ms": None}
    assert [dict(point.values) for point in answer.series[0].points] == [expected]


def past(answer: UsageAnswer) -> list[tuple[dict[str, str], bool, Any, list[Any]]]:
    return [
        (
            dict(one.group),
            one.other,
            before.total["events"],
            [point.values["events"] for point in before.points],
        )
        for one in answer.series
        if (before := one.previous)
    ]


@pytest.mark.parametrize("interval", ["1h", "1m"])
def test_the_period_before_is_told_for_the_groups_of_this_one(interval: str) -> None:
    usage = store()
    usage.add(Delta(NOW - 7 * HOUR, {"model": "a"}, {"events": 10}))
    usage.add(Delta(NOW - 7 * HOUR, {"model": "c"}, {"events": 20}))
    asked: dict[str, Any] = {"start": NOW - 4 * HOUR, "interval": interval, "compare": "previous"}
    answer = ask(usage, group_by=["model"], limit=1, **asked)
    assert [(dict(one.group), one.total["events"]) for one in answer.series] == [({"model": "b"}, 5), ({}, 5)]
    assert past(answer) == [({"model": "b"}, False, 0, []), ({}, True, 31, [30, 1])]
    period = answer.previous
    assert period
    assert (period.start, period.end) == (NOW - 8 * HOUR, NOW - 4 * HOUR)
    assert (period.total["events"], period.coverage.events) == (31, 31)
    assert past(ask(usage, **asked)) == [({}, False, 31, [30, 1])]


def test_what_only_the_period_before_had_is_in_other() -> None:
    answer = ask(store(), start=NOW - 2 * HOUR, group_by=["model"], compare="previous")
    assert shape(answer) == [({}, True, 0, [])]
    assert past(answer) == [({}, True, 10, [])]


def test_a_period_before_that_is_not_kept_is_refused_in_its_name() -> None:
    usage = store()
    usage.close(NOW)
    usage.drop_minutes(NOW - 6 * HOUR)
    with pytest.raises(InvalidInput) as refused:
        ask(usage, start=NOW - 5 * HOUR, interval="1m", compare="previous")
    assert (refused.value.code, refused.value.field) == ("minutes_not_kept", "compare")


def test_nothing_to_count_is_still_an_answer() -> None:
    answer = ask(store(), tenant=TenantId(8))
    assert shape(answer) == [({}, False, 0, [])]
    assert shape(ask(store(), tenant=TenantId(8), group_by=["model"])) == []


def test_a_declared_tag_can_be_asked_and_another_cannot() -> None:
    assert ask(store(), filters={"tag.team": ["a"]}).total["events"] == 3
    for asked in ({"group_by": ["tag.squad"]}, {"filters": {"tag.squad": ["x"]}}):
        with pytest.raises(InvalidInput, match="undeclared_tag"):
            ask(store(), **asked)


def test_an_answer_says_when_it_was_taken_and_what_it_read() -> None:
    answer = ask(store())
    assert answer.fresh_until == NOW
    assert {read.level.value: read.minutes for read in answer.levels} == {
        "usage_1h_facet": 21 * 60,
        "usage_1m": 3 * 60,
    }


def account(start: datetime, end: datetime) -> Ledger:
    hours = [LedgerHour(NOW + index * HOUR, LedgerCount(2, 1, 1, 0)) for index in range(3)]
    return asyncio.run(
        LedgerService(MemoryLedgerStore(TENANT, hours), range_days_max=30).account(TENANT, start, end)
    )


def test_the_hour_of_receipt_that_is_under_way_belongs_to_the_account() -> None:
    found = account(NOW + timedelta(minutes=30), NOW + timedelta(minutes=90))
    assert (found.total, found.balanced) == (LedgerCount(4, 2, 2, 0), True)


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (NOW, NOW, "empty_range"),
        (NOW, NOW + timedelta(days=31), "range_too_long"),
        (NOW.replace(tzinfo=None), NOW, "no_offset"),
    ],
)
def test_an_account_over_no_or_too_long_a_range_is_refused(start: datetime, end: datetime, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        account(start, end)
