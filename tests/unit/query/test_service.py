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
    query = UsageQuery.ask(tenant, NOW - 24 * HOUR, NOW, metrics=["events"], **asked)
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
