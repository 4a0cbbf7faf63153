"""Answers are exact at every moment: random histories of flushes, resends, late events, closing and
retention.

The oracle is the sum of the raw events in the same snapshot. What a history may contain is `Step`; the
question after each step is drawn too: any range, interval and zone.
"""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analytics_hub.domain.clock import unix_us
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.usage import Interval
from analytics_hub.settings import RetentionSettings
from analytics_hub.storage.closer import CloserLimits, close_due
from analytics_hub.storage.retention import run_retention
from tests.support.database import Database
from tests.support.deltas import flush_delta
from tests.support.exactness import Correction, both_now, usage_by
from tests.support.ingest import NOW, PostgresStored, event, prepared

FIRST = NOW - timedelta(days=6)
DAY_OF_FIRST = FIRST.replace(hour=0, minute=0)
_numbers = itertools.count(1)
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"]
INTERVALS = [Interval.MINUTES_15, Interval.NONE, Interval.HOUR, Interval.DAY, Interval.WEEK, Interval.MONTH]
CUTS: list[tuple[str, ...]] = [(), ("project",), ("project", "model")]
"""No dimension, one that a facet answers, two that only series do."""

moments = st.integers(0, 6 * 24 * 60 - 1).map(lambda minutes: FIRST + timedelta(minutes=minutes))
flushes = st.lists(st.tuples(st.integers(0, 400), moments), min_size=1, max_size=12)
steps = st.one_of(
    st.tuples(st.just("flush"), flushes),
    st.tuples(st.just("correct"), st.integers(-3, 3)),
    st.tuples(st.just("close"), moments),
    st.tuples(st.just("close_some"), moments),
    st.tuples(st.just("retire"), moments),
    st.tuples(st.just("retire_hours"), moments),
)
Question = tuple[datetime, int, Interval, str, tuple[str, ...]]
questions = st.tuples(
    st.one_of(moments, st.integers(-2, 6).map(lambda days: DAY_OF_FIRST + timedelta(days=days))),
    st.one_of(st.integers(1, 5 * 24 * 60), st.integers(1, 8).map(lambda days: days * 24 * 60)),
    st.sampled_from(INTERVALS),
    st.sampled_from(ZONES),
    st.sampled_from(CUTS),
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
        **({"user": f"user-{number % 5}"} if number % 5 else {}),
    )


def flush(stored: PostgresStored, drawn: list[tuple[int, datetime]]) -> None:
    lines = [line(number, moment) for number, moment in drawn]
    stored.sink.flush(prepared(lines, stored.tenant_id, any_age=True))


def close(db: Database, now: datetime, limits: CloserLimits | None = None) -> None:
    with db.connect("hub_maint") as connection:
        close_due(connection, now, limits=limits)


def retire(db: Database, moment: datetime, *, hours: bool) -> None:
    """Retention as it runs, on the day of this moment: minutes of the days before go, or their hours as well."""
    kept = RetentionSettings(events_days=0, minutes_days=90, hours_days=90 if hours else 0)
    with db.connect("hub_maint") as connection:
        run_retention(connection, moment + timedelta(days=90), kept)


def correct(db: Database, stored: PostgresStored, errors: int) -> Correction | None:
    """What a repricing writes: a signed delta where some event is."""
    with db.connect("hub_maint") as connection:
        found = connection.execute(
            "SELECT ts, series_id FROM hub.usage_events WHERE tenant_id = %s ORDER BY md5(event_key::text) LIMIT 1",
            [stored.tenant_id],
        ).fetchone()
    if found is None:
        return None
    moment, series_id = found[0].astimezone(UTC), found[1]
    with db.connect("hub_writer") as writer:
        cost = {"cost_input_pico_usd": -7 * errors, "errors": errors}
        flush_delta(writer, stored.tenant_id, moment, series_id, kind=1, **cost)
    return Correction(moment, series_id, errors, -7 * errors)


def equal_to_raw(db: Database, tenant: int, question: Question, corrections: Sequence[Correction]) -> None:
    """The comparison. Behind retention a finer edge is refused, never guessed; whole days still answer."""
    start, minutes, interval, zone, cut = question
    asked = usage_by(cut, tenant, start, start + timedelta(minutes=minutes), interval, zone)
    try:
        planned, events, _ = both_now(db.reader_dsn, asked, corrections)
    except InvalidInput as refused:
        if refused.code not in ("minutes_not_kept", "hours_not_kept"):
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
        connection.execute(
            "UPDATE hub.rollup_retention SET minutes_dropped_before = '-infinity', hours_dropped_before = '-infinity'"
        )
    return PostgresStored(db, f"acme-{next(_numbers)}")


@pytest.mark.timeout(900)
@settings(
    max_examples=15,
    deadline=None,
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # an example takes a second: shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(st.tuples(steps, questions), min_size=1, max_size=10))
def test_the_answer_equals_the_raw_sum_after_every_step(
    each_db: Database, history: list[tuple[tuple[str, Any], Question]]
) -> None:
    db, corrections = each_db, list[Correction]()
    stored = fresh(db)
    some = CloserLimits(hours_max=2, days_max=1, transactions_max=2)
    act: dict[str, Callable[[Any], None]] = {
        "flush": lambda drawn: flush(stored, drawn),
        "correct": lambda errors: corrections.extend(filter(None, [correct(db, stored, errors)])),
        "close": lambda now: close(db, now),
        "close_some": lambda now: close(db, now, some),
        "retire": lambda moment: retire(db, moment, hours=False),
        "retire_hours": lambda moment: retire(db, moment, hours=True),
    }
    try:
        for (kind, drawn), question in history:
            act[kind](drawn)
            equal_to_raw(db, stored.tenant_id, question, corrections)
            for cut in CUTS:
                whole = (DAY_OF_FIRST, 7 * 24 * 60, Interval.DAY, "UTC", cut)
                equal_to_raw(db, stored.tenant_id, whole, corrections)
    finally:
        stored.close()


def test_late_events_and_corrections_behind_retention_are_counted_before_and_after_closing(
    each_db: Database,
) -> None:
    db, corrections = each_db, list[Correction]()
    stored = fresh(db)

    def compare() -> None:
        for cut in CUTS:
            for interval in (Interval.NONE, Interval.DAY):
                whole = (DAY_OF_FIRST, 7 * 24 * 60, interval, "UTC", cut)
                equal_to_raw(db, stored.tenant_id, whole, corrections)

    try:
        flush(stored, [(number, FIRST + number * timedelta(hours=5)) for number in range(20)])
        close(db, NOW)
        retire(db, NOW, hours=True)
        for number in (1, 2):
            flush(stored, [(30 + number, FIRST + number * timedelta(hours=7))])
            corrections += filter(None, [correct(db, stored, number)])
            compare()
            close(db, NOW)
            compare()
    finally:
        stored.close()


@pytest.mark.parametrize("cut", CUTS)
def test_a_planner_that_overlooked_marks_would_be_caught(each_db: Database, cut: tuple[str, ...]) -> None:
    stored = fresh(each_db)
    try:
        flush(stored, [(1, FIRST)])
        close(each_db, NOW)
        flush(stored, [(2, FIRST)])
        asked = usage_by(cut, stored.tenant_id, FIRST, NOW, Interval.DAY, "UTC")
        seeing, events, _ = both_now(each_db.reader_dsn, asked)
        overlooking, _, _ = both_now(each_db.reader_dsn, asked, blind=True)
        assert seeing == events != overlooking
    finally:
        stored.close()
