"""Answers are exact at every moment: random histories of flushes, resends, late events, closing and
retention.

The oracle is the sum of the raw events in the same snapshot. What a history may contain is `Step`; the
question after each step is drawn too: any range, interval and zone.
"""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics_hub.domain.clock import unix_us
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.usage import Interval
from analytics_hub.storage.closer import CloserLimits, close_due
from tests.support.database import Database
from tests.support.exactness import both_now, usage_by_project
from tests.support.ingest import NOW, PostgresStored, event, prepared

FIRST = NOW - timedelta(days=6)
_numbers = itertools.count(1)
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"]
INTERVALS = [Interval.NONE, Interval.HOUR, Interval.DAY, Interval.WEEK, Interval.MONTH]

moments = st.integers(0, 6 * 24 * 60 - 1).map(lambda minutes: FIRST + timedelta(minutes=minutes))
flushes = st.lists(st.tuples(st.integers(0, 400), moments), min_size=1, max_size=12)
steps = st.one_of(
    st.tuples(st.just("flush"), flushes),
    st.tuples(st.just("close"), moments),
    st.tuples(st.just("close_some"), moments),
    st.tuples(st.just("retire"), moments),
)
questions = st.tuples(
    moments, st.integers(1, 5 * 24 * 60), st.sampled_from(INTERVALS), st.sampled_from(ZONES)
)


def line(number: int, moment: datetime) -> bytes:
    """An event whose id names number and moment, so that drawing it again is a resend."""
    models = ["gpt-4o", "claude-sonnet-4-5", "no-such-model"]
    return event(
        number,
        id=f"{number}-{unix_us(moment)}",
        time=moment.isoformat(),
        provider="",
        model=models[number % 3],
        status="timeout" if number % 7 == 0 else "ok",
    )


def flush(stored: PostgresStored, drawn: list[tuple[int, datetime]]) -> None:
    lines = [line(number, moment) for number, moment in drawn]
    stored.sink.flush(prepared(lines, stored.tenant_id, any_age=True))


def close(db: Database, now: datetime, limits: CloserLimits | None = None) -> None:
    with db.connect("hub_maint") as connection:
        close_due(connection, now, limits=limits)


def retire(db: Database, moment: datetime) -> None:
    """Drop the minutes of whole days before the moment that have no mark, as retention does."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0)
    with db.connect("hub_owner") as connection, connection.transaction():
        connection.execute("LOCK TABLE hub.rollup_marks IN SHARE MODE")
        marked = connection.execute("SELECT count(*) FROM hub.rollup_marks WHERE hour < %s", [day]).fetchone()
        if marked == (0,):
            connection.execute("DELETE FROM hub.usage_1m WHERE bucket < %s", [day])
            connection.execute("DELETE FROM hub.usage_1m_total WHERE bucket < %s", [day])
            connection.execute(
                "UPDATE hub.rollup_retention SET minutes_dropped_before = greatest(minutes_dropped_before, %s)",
                [day],
            )


def equal_to_raw(db: Database, tenant: int, question: tuple[datetime, int, Interval, str]) -> None:
    """The comparison. Behind minute retention a finer edge is refused, never guessed; whole days still
    answer.
    """
    start, minutes, interval, zone = question
    asked = usage_by_project(tenant, start, start + timedelta(minutes=minutes), interval, zone)
    try:
        planned, events, _ = both_now(db.reader_dsn, asked)
    except InvalidInput as refused:
        if refused.code != "minutes_not_kept":
            raise
        return
    assert planned == events


def fresh(db: Database) -> PostgresStored:
    """A new tenant in a database without history, so that one history cannot hold up retention in the
    next.
    """
    with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE hub.usage_events, hub.usage_1m, hub.usage_1h, hub.usage_1d, hub.rollup_marks, "
            "hub.usage_1m_total, hub.usage_1h_facet, hub.usage_1d_facet, hub.usage_user_1d, hub.rollup_facet_gaps"
        )
        connection.execute("TRUNCATE hub.rollup_day_marks, hub.ingest_ledger, hub.dead_letters, hub.series")
        connection.execute("UPDATE hub.rollup_retention SET minutes_dropped_before = '-infinity'")
    return PostgresStored(db, f"acme-{next(_numbers)}")


@pytest.mark.timeout(300)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(st.tuples(steps, questions), min_size=1, max_size=8))
def test_the_answer_equals_the_raw_sum_after_every_step(
    db: Database, history: list[tuple[tuple[str, object], tuple[datetime, int, Interval, str]]]
) -> None:
    stored = fresh(db)
    act: dict[str, Callable[..., None]] = {
        "flush": lambda drawn: flush(stored, drawn),
        "close": lambda now: close(db, now),
        "close_some": lambda now: close(db, now, CloserLimits(hours_max=2, days_max=1, transactions_max=2)),
        "retire": lambda moment: retire(db, moment),
    }
    try:
        for (kind, drawn), question in history:
            act[kind](drawn)
            equal_to_raw(db, stored.tenant_id, question)
            equal_to_raw(db, stored.tenant_id, (FIRST, 6 * 24 * 60, Interval.DAY, "UTC"))
    finally:
        stored.close()


def test_a_planner_that_overlooked_marks_would_be_caught(db: Database) -> None:
    stored = fresh(db)
    try:
        flush(stored, [(1, FIRST)])
        close(db, NOW)
        flush(stored, [(2, FIRST)])
        asked = usage_by_project(stored.tenant_id, FIRST, NOW, Interval.DAY, "UTC")
        seeing, events, _ = both_now(db.reader_dsn, asked)
        overlooking, _, _ = both_now(db.reader_dsn, asked, blind=True)
        assert seeing == events != overlooking
    finally:
        stored.close()
