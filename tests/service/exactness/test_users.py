"""Usage by user is exact at every moment: random histories of flushes, late events and closing.

The oracle is the sum of the raw events in the same snapshot. The question after each step is drawn too.
"""

import itertools
from datetime import datetime, timedelta
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics_hub.domain.clock import unix_us
from analytics_hub.domain.plan import Level
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import UserQuery
from analytics_hub.storage.closer import CloserLimits, close_due
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, event, prepared
from tests.support.users import METRICS, METRICS_OF_RUNS, both_now, levels, told

DAYS = 4
FIRST = NOW - timedelta(days=DAYS)
_numbers = itertools.count(1)

moments = st.integers(0, DAYS * 24 * 60 - 1).map(lambda minutes: FIRST + timedelta(minutes=minutes))
flushes = st.lists(st.tuples(st.integers(0, 60), moments), min_size=1, max_size=10)
steps = st.one_of(
    st.tuples(st.just("flush"), flushes),
    st.tuples(st.just("flush_every_day"), st.integers(0, 60)),
    st.tuples(st.just("close"), moments),
    st.tuples(st.just("close_some"), moments),
)
questions = st.fixed_dictionaries(
    {
        "start": moments,
        "minutes": st.integers(1, DAYS * 24 * 60),
        "interval": st.sampled_from(["none", "1d", "1w", "1h"]),
        "tz": st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
        "group_by": st.sampled_from([(), ("model",)]),
        "metrics": st.sampled_from([METRICS, METRICS_OF_RUNS]),
    }
)


def line(number: int, moment: datetime) -> bytes:
    """An event whose id names number and moment, so that drawing it again is a resend."""
    return event(
        number,
        id=f"{number}-{unix_us(moment)}",
        time=moment.isoformat(),
        provider="",
        model=["gpt-4o", "no-such-model"][number % 2],
        status="timeout" if number % 5 == 0 else "ok",
        **({"user": f"user-{number % 4}"} if number % 4 else {}),
    )


def every_day(number: int) -> list[tuple[int, datetime]]:
    """Users who come back every day: of those there are runs."""
    return [(number + at, FIRST + timedelta(days=day, minutes=at)) for day in range(DAYS) for at in range(3)]


def take(db: Database, stored: PostgresStored, kind: str, drawn: Any) -> None:
    if kind == "flush_every_day":
        kind, drawn = "flush", every_day(drawn)
    if kind == "flush":
        stored.sink.flush(prepared([line(*one) for one in drawn], stored.tenant_id, any_age=True))
        return
    limits = CloserLimits(hours_max=2, days_max=1, transactions_max=2) if kind == "close_some" else None
    with db.connect("hub_maint") as connection:
        close_due(connection, drawn, limits=limits)


def equal_to_raw(db: Database, tenant: int, asked: dict[str, Any]) -> None:
    words = dict(asked)
    start, minutes = words.pop("start"), words.pop("minutes")
    usage = UsageQuery.ask(TenantId(tenant), start, start + timedelta(minutes=minutes), limit=20, **words)
    answer, raw = both_now(db.reader_dsn, UserQuery(usage))
    assert told(answer) == raw
    assert answer.users == len({key[1] for key in raw} - {""})


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=st.lists(st.tuples(steps, questions), min_size=1, max_size=6))
def test_users_equal_the_raw_sum_after_every_step(
    db: Database, history: list[tuple[tuple[str, Any], dict[str, Any]]]
) -> None:
    with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE hub.usage_events, hub.usage_1m, hub.rollup_marks, hub.rollup_day_marks")
    stored = PostgresStored(db, f"acme-{next(_numbers)}")
    whole = {
        "start": FIRST,
        "minutes": DAYS * 24 * 60,
        "interval": "1d",
        "tz": "UTC",
        "group_by": (),
        "metrics": METRICS,
    }
    by_runs = whole | {"interval": "none", "metrics": METRICS_OF_RUNS}
    by_hours = by_runs | {"start": FIRST + timedelta(minutes=90), "interval": "1h"}
    try:
        for (kind, drawn), question in history:
            take(db, stored, kind, drawn)
            equal_to_raw(db, stored.tenant_id, question)
            equal_to_raw(db, stored.tenant_id, whole)
            equal_to_raw(db, stored.tenant_id, by_runs)
            equal_to_raw(db, stored.tenant_id, by_hours)
    finally:
        stored.close()


def test_a_reader_blind_to_the_marks_of_hours_is_seen(db: Database) -> None:
    stored = PostgresStored(db)
    hour = NOW - timedelta(hours=3)
    usage = UsageQuery.ask(TenantId(stored.tenant_id), hour, NOW, metrics=METRICS_OF_RUNS, limit=20)
    for number in (1, 2):
        take(db, stored, "flush", [(number, hour)])
        answer, raw = both_now(db.reader_dsn, UserQuery(usage))
        assert told(answer) == raw
        overlooking, _ = both_now(db.reader_dsn, UserQuery(usage), blind=True)
        assert (told(overlooking) == raw) == (number == 1)
        take(db, stored, "close", NOW)
    answer, raw = both_now(db.reader_dsn, UserQuery(usage))
    assert told(answer) == raw
    assert Level.USER_HOUR in levels(answer)
    stored.close()
