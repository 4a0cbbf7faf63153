"""Usage by user over hours of the last days, on real databases of both engines: the same as the raw sum."""

from datetime import timedelta
from typing import Any

from analytics_hub.domain.plan import Level
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import UserQuery
from analytics_hub.storage.closer import close_due
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, event, prepared
from tests.support.users import METRICS_OF_RUNS, both_now, levels, told

HOURS = 12
DAY = NOW.replace(hour=0)
HOUR = timedelta(hours=1)


def flush(stored: PostgresStored, events: list[tuple[int, int]], **members: Any) -> None:
    """(user, hour); nobody is the user 0."""
    lines = []
    for number, hour in events:
        named = {"user": f"user-{number}"} if number else {}
        at = DAY + hour * HOUR + timedelta(minutes=10 + number)
        words = {"id": f"{number}-{hour}-{len(members)}", "time": at.isoformat()}
        lines.append(event(number, **words, **named, **members))
    stored.sink.flush(prepared(lines, stored.tenant_id, any_age=True))
    stored.close()
    stored.sink = stored.another()


def come_back(db: Database, **members: Any) -> PostgresStored:
    """Three users of whom each hour of today has all or two; closed to the last but one."""
    stored = PostgresStored(db)
    for hour in range(HOURS):
        flush(stored, [(n, hour) for n in range(3 if hour % 2 else 2)], **members)
    with db.connect("hub_maint") as connection:
        close_due(connection, NOW - HOUR)
        assert connection.execute("SELECT FROM hub.usage_user_1h_run LIMIT 1").fetchone() is not None
    return stored


def ask(stored: PostgresStored, first: int, last: int, **how: Any) -> UserQuery:
    words: dict[str, Any] = {"metrics": METRICS_OF_RUNS, "order": "-cost_usd", "limit": 20} | how
    start, end = DAY + first * HOUR, DAY + last * HOUR + HOUR / 2
    return UserQuery(UsageQuery.ask(TenantId(stored.tenant_id), start, end, **words))


def every_range_is_exact(db: Database, stored: PostgresStored) -> None:
    for first in range(0, HOURS, 2):
        for last in (first + 2, HOURS - 1):
            answer, raw = both_now(db.reader_dsn, ask(stored, first, last))
            assert told(answer) == raw != {}
            assert answer.users == len({key[1] for key in raw} - {""})


def test_every_range_of_the_running_day_is_exact(each_db: Database) -> None:
    stored = come_back(each_db)
    every_range_is_exact(each_db, stored)
    assert Level.USER_HOUR in levels(both_now(each_db.reader_dsn, ask(stored, 0, HOURS))[0])


def test_late_events_are_counted_before_and_after_their_hours_are_closed_again(db: Database) -> None:
    stored = come_back(db)
    flush(stored, [(7, 2), (1, 5)], tags={"late": "yes"})
    every_range_is_exact(db, stored)
    with db.connect("hub_maint") as connection:
        close_due(connection, NOW)
    every_range_is_exact(db, stored)


def test_a_cost_past_the_end_of_int8_is_exact(db: Database) -> None:
    every_range_is_exact(db, come_back(db, cost_usd="1000000"))


def test_points_over_time_come_from_hours(db: Database) -> None:
    stored = come_back(db)
    for how in ({"interval": "1h"}, {"interval": "1d", "tz": "Asia/Tokyo"}, {"interval": "1d", "limit": 20}):
        answer, raw = both_now(db.reader_dsn, ask(stored, 0, HOURS - 1, **how))
        assert told(answer) == raw
        assert Level.USER_HOUR in levels(answer)
