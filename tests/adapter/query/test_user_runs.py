"""Usage by user over runs of days, on a real database of both engines: the same as the sum of the raw events."""

from datetime import timedelta
from typing import Any

import pytest

from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import UserQuery
from analytics_hub.storage.closer import close_due
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, event, prepared
from tests.support.users import METRICS_OF_RUNS, both_now, told

DAYS = 6
FIRST = NOW.replace(hour=0) - timedelta(days=DAYS)


def flush(stored: PostgresStored, number: int, day: int, **members: Any) -> None:
    at = FIRST + timedelta(days=day, hours=3)
    named = {"user": f"user-{number}"} if number else {}
    words = {"id": f"{number}-{day}-{len(members)}", "time": at.isoformat(), **named, **members}
    stored.sink.flush(prepared([event(number, **words)], stored.tenant_id, any_age=True))
    stored.close()
    stored.sink = stored.another()


def come_back(db: Database, **members: Any) -> PostgresStored:
    """Three users, one of them without a name, of whom each day has all or two; closed."""
    stored = PostgresStored(db)
    for day in range(DAYS):
        for number in range(3 if day % 2 else 2):
            flush(stored, number, day, **members)
    close(db)
    return stored


def close(db: Database) -> None:
    with db.connect("hub_maint") as connection:
        close_due(connection, NOW)


def asked(tenant: int, first: int, last: int, **how: Any) -> UserQuery:
    words: dict[str, Any] = {"metrics": METRICS_OF_RUNS, "order": "-cost_usd", "limit": 20} | how
    start = FIRST + timedelta(days=first)
    return UserQuery(UsageQuery.ask(TenantId(tenant), start, FIRST + timedelta(days=last), **words))


def every_range_is_exact(db: Database, tenant: int) -> None:
    for first in range(DAYS):
        for last in (first + 1, DAYS - 1, DAYS):
            if first < last:
                answer, raw = both_now(db.reader_dsn, asked(tenant, first, last))
                assert told(answer) == raw != {}
                assert answer.users == len({key[1] for key in raw} - {""})


def has_runs(db: Database) -> bool:
    with db.connect("hub_maint") as maint:
        return maint.execute("SELECT FROM hub.usage_user_run LIMIT 1").fetchone() is not None


def test_every_range_of_days_is_exact(each_db: Database) -> None:
    stored = come_back(each_db)
    assert has_runs(each_db)
    every_range_is_exact(each_db, stored.tenant_id)


def test_a_late_event_is_counted_before_and_after_its_day_is_closed_again(db: Database) -> None:
    stored = come_back(db)
    flush(stored, 7, 2)
    every_range_is_exact(db, stored.tenant_id)
    close(db)
    assert has_runs(db)
    every_range_is_exact(db, stored.tenant_id)


def test_a_cost_past_the_end_of_int8_is_exact(db: Database) -> None:
    stored = come_back(db, cost_usd="1000000")
    for day in range(DAYS):
        flush(stored, 1, day, cost_usd="1000000", tags={"twice": "yes"})
    close(db)
    every_range_is_exact(db, stored.tenant_id)


def test_days_that_were_closed_before_there_were_runs_are_exact(db: Database) -> None:
    stored = come_back(db)
    with db.connect("postgres") as conn:
        conn.execute("TRUNCATE hub.usage_user_run")
        conn.execute("UPDATE hub.usage_user_rows SET run_rows = NULL")
    every_range_is_exact(db, stored.tenant_id)
    flush(stored, 1, DAYS - 1, tags={"late": "yes"})
    close(db)
    assert has_runs(db)
    every_range_is_exact(db, stored.tenant_id)


@pytest.mark.parametrize("order", ["-cost_usd", "cost_usd", "-error_rate", "-events"])
def test_everybody_past_the_best_is_other(db: Database, order: str) -> None:
    stored = come_back(db)
    whole, _ = both_now(db.reader_dsn, asked(stored.tenant_id, 0, DAYS, order=order))
    answer, _ = both_now(db.reader_dsn, asked(stored.tenant_id, 0, DAYS, order=order, limit=1))
    assert answer.series[0] == whole.series[0]
    assert [series.other for series in answer.series] == [False, True]
    assert (answer.total, answer.users, answer.coverage) == (whole.total, whole.users, whole.coverage)
