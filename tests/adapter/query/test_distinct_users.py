"""How many end-users there were, told beside the sums of usage, on a real database of both engines."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.storage.closer import close_due
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, event, prepared
from tests.support.services import open_services

DAYS = (NOW - timedelta(days=3)).replace(hour=0), NOW.replace(hour=0)
SEEN = [
    (0, "ann", "o3"),
    (0, "bob", "o3"),
    (0, "", "o3"),
    (1, "ann", "o3"),
    (1, "ann", "gpt-4o"),
    (2, "cid", "o1"),
]
"""(day, user, model)."""


def line(number: int, day: int, user: str, model: str) -> bytes:
    at = DAYS[0] + timedelta(days=day, hours=3, minutes=number)
    named = {"user": user} if user else {}
    return event(number, id=f"{number}-{day}", time=at.isoformat(), model=model, **named)


def flush(stored: PostgresStored, seen: Sequence[tuple[int, str, str]], first: int = 0) -> None:
    lines = [line(number, *one) for number, one in enumerate(seen, first)]
    stored.sink.flush(prepared(lines, stored.tenant_id))
    stored.close()
    stored.sink = stored.another()


def close(db: Database) -> None:
    with db.connect("hub_maint") as connection:
        close_due(connection, NOW)


def ask(
    db: Database, tenant: int, start: datetime = DAYS[0], end: datetime = DAYS[1], **asked: Any
) -> UsageAnswer:
    words = {"metrics": ["distinct_users"], "order": "-events"} | asked

    async def main() -> UsageAnswer:
        async with open_services(db.reader_dsn) as services:
            return await services.usage.ask(UsageQuery.ask(TenantId(tenant), start, end, **words))

    return asyncio.run(main())


def told(answer: UsageAnswer) -> list[tuple[list[str], Any, list[Any]]]:
    """Of each series its group (empty: `other`, or all), its users and those of its points."""
    return [
        (
            list(one.group.values()),
            one.total["distinct_users"],
            [point.values["distinct_users"] for point in one.points],
        )
        for one in answer.series
    ]


def levels(answer: UsageAnswer) -> set[str]:
    return {read.level.value for read in answer.levels}


def test_users_of_a_range_are_no_sum_of_those_of_its_days(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    flush(stored, SEEN)
    for level in ("usage_events", "usage_user_1d"):
        answer = ask(each_db, stored.tenant_id, interval="1d")
        assert told(answer) == [([], 3, [2, 1, 1])]
        assert answer.total == {"distinct_users": 3}
        assert told(ask(each_db, stored.tenant_id)) == [([], 3, [])]
        assert level in levels(answer)
        close(each_db)


def test_a_user_of_two_groups_is_one_of_each_and_one_of_the_whole(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    flush(stored, SEEN)
    close(each_db)
    asked: dict[str, Any] = {"group_by": ["model"], "interval": "1d"}
    answer = ask(each_db, stored.tenant_id, **asked)
    assert told(answer) == [(["o3"], 2, [2, 1]), (["gpt-4o"], 1, [1]), (["o1"], 1, [1])]
    assert answer.total["distinct_users"] == 3
    folded = ask(each_db, stored.tenant_id, limit=1, fill=True, **asked)
    assert told(folded) == [(["o3"], 2, [2, 1, 0]), ([], 2, [0, 1, 1])]
    assert (folded.total, folded.coverage) == (answer.total, answer.coverage)


def test_an_answer_read_in_parts_has_the_users_of_its_groups(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    flush(stored, SEEN)
    answer = ask(each_db, stored.tenant_id, group_by=["model"], limit=1, interval="1h")
    assert told(answer) == [(["o3"], 2, [2, 1]), ([], 2, [1, 1])]


def test_a_late_event_brings_its_user_at_once(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    flush(stored, SEEN)
    close(each_db)
    flush(stored, [(1, "dan", "o3"), (1, "bob", "o3")], first=20)
    for _ in range(2):
        assert told(ask(each_db, stored.tenant_id, interval="1d")) == [([], 4, [2, 3, 1])]
        close(each_db)


def test_filters_choose_whose_users_are_counted(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    flush(stored, SEEN)
    answer = ask(each_db, stored.tenant_id, filters={"model": ["o3", "o1"]}, interval="1d")
    assert told(answer) == [([], 3, [2, 1, 1])]
    neighbour = each_db.add_tenant("other")
    assert told(ask(each_db, neighbour, interval="1d")) == [([], 0, [])]


def test_the_period_before_has_its_own_users(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    flush(stored, SEEN)
    day = timedelta(days=1)
    for asked in ({}, {"group_by": ["project"], "limit": 1}):
        answer = ask(each_db, stored.tenant_id, DAYS[0] + day, DAYS[0] + 2 * day, compare="previous", **asked)
        assert answer.previous
        assert (answer.total["distinct_users"], answer.previous.total["distinct_users"]) == (1, 2)
    past = [one.previous.total["distinct_users"] for one in answer.series if one.previous]
    assert sorted(past, key=str) == [1, 1]


def test_events_that_are_gone_leave_the_users_of_whole_days(db: Database) -> None:
    stored = PostgresStored(db)
    flush(stored, SEEN)
    close(db)
    border = DAYS[0] + timedelta(days=2)
    with db.connect("hub_owner") as owner:
        owner.execute("DELETE FROM hub.usage_events WHERE ts < %s", [border])
        owner.execute("UPDATE hub.rollup_retention SET events_dropped_before = %s", [border])
    flush(stored, [(0, "dan", "o3"), (0, "ann", "o3")], first=30)
    assert told(ask(db, stored.tenant_id, interval="1d")) == [([], 4, [3, 1, 1])]
    with pytest.raises(InvalidInput, match=r"events_not_kept \(from\): distinct_users: "):
        ask(db, stored.tenant_id, group_by=["model"])


def test_users_who_come_back_are_counted_from_runs_of_days_and_hours(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    seen = [(day, user, "o3") for day in range(3) for user in ("", "ann", "bob", "cid")[: 4 - day]]
    flush(stored, seen)
    close(each_db)
    with each_db.connect("hub_maint") as maint:
        assert maint.execute("SELECT FROM hub.usage_user_run LIMIT 1").fetchone() is not None
    for first, last in ((0, 3), (1, 3), (2, 3), (0, 2), (1, 2)):
        edges = DAYS[0] + timedelta(days=first), DAYS[0] + timedelta(days=last)
        users = {user for day, user, _ in seen if first <= day < last} - {""}
        assert told(ask(each_db, stored.tenant_id, *edges)) == [([], len(users), [])]
    answer = ask(each_db, stored.tenant_id, interval="1h")
    assert told(answer) == [([], 3, [3, 2, 1])]
    assert "usage_user_1h" in levels(answer)
