"""Hours of users: each is what its raw events come to, its runs the sum of the hours that stand there; none is old."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from analytics_hub.storage.closer import CloserLimits, close_due
from analytics_hub.storage.closer.user_hours import close_user_hours
from analytics_hub.storage.connections import BEGIN_SNAPSHOT
from tests.support.database import Database
from tests.support.deltas import add_series, minute
from tests.support.user_days import flush_event

FIRST = minute("2026-03-01 20:07")
HOURS = 12  # over a midnight
MORNING = minute("2026-03-02 09:30")
HOUR = timedelta(hours=1)
_OF_EVENTS = """
    SELECT e.tenant_id, date_trunc('hour', e.ts), coalesce(e.user_id, ''), count(*),
           count(*) FILTER (WHERE s.status <> 'ok'), sum(input_tokens + coalesce(cache_read_tokens, 0) + output_tokens),
           sum(cost_input_pico_usd + cost_output_pico_usd::numeric),
           count(*) FILTER (WHERE cost_status = 2), count(*) FILTER (WHERE cost_status = 1),
           count(*) FILTER (WHERE cost_status = 4)
    FROM hub.usage_events e LEFT JOIN hub.series s USING (tenant_id, series_id)
    GROUP BY 1, 2, 3
"""
_OF_HOURS = """
    SELECT h.tenant_id, r.bucket, h.user_id, sum(h.events), sum(h.errors), sum(h.total_tokens), sum(h.cost_pico_usd),
           sum(h.unpriced_events), sum(h.partial_events), sum(h.estimated_events)
    FROM hub.usage_user_1h_rows r
    JOIN hub.usage_user_1h h ON h.tenant_id = r.tenant_id AND h.bucket <= r.bucket
        AND h.bucket >= date_trunc('day', r.bucket, 'UTC')
    WHERE r.run_rows IS NOT NULL
    GROUP BY 1, 2, 3
"""


def rows(maint: psycopg.Connection[Any], query: str) -> set[tuple[Any, ...]]:
    return set(maint.execute(query).fetchall())


def runs(maint: psycopg.Connection[Any]) -> set[datetime]:
    """The hours that have a run, after every run was compared with the hours that it stands for."""
    found = rows(maint, "SELECT * FROM hub.usage_user_1h_run")
    assert found == rows(maint, _OF_HOURS)
    books = maint.execute("SELECT bucket, hour_rows, run_rows FROM hub.usage_user_1h_rows").fetchall()
    counts = maint.execute("SELECT bucket, count(*) FROM hub.usage_user_1h GROUP BY 1").fetchall()
    assert {hour: number for hour, number, _ in books} == dict(counts)
    return {bucket for _, bucket, *_ in found}


def hours(maint: psycopg.Connection[Any]) -> set[datetime]:
    return {hour for _, hour, *_ in rows(maint, "SELECT * FROM hub.usage_user_1h")}


def is_exact(maint: psycopg.Connection[Any]) -> bool:
    return rows(maint, "SELECT * FROM hub.usage_user_1h") == rows(maint, _OF_EVENTS)


def add_hours(db: Database, writer: psycopg.Connection[Any], **columns: Any) -> int:
    """Three users, one of them without a name, each in two of three hours."""
    tenant = db.add_tenant("acme", late_horizon=None)
    add_series(writer, tenant, 1, status="timeout")
    for at in range(HOURS):
        for number, name in enumerate(["ann", "bob", None]):
            if (at + number) % 3:
                words = {"cost_status": at % 5, "cache_read_tokens": 7 if at % 2 else None} | columns
                flush_event(writer, tenant, FIRST + at * HOUR, name, number + 1, **words)
    return tenant


def test_hours_are_what_their_events_come_to_on_both_engines(each_db: Database) -> None:
    with each_db.connect("hub_writer") as writer, each_db.connect("hub_maint") as maint:
        add_hours(each_db, writer)
        close_due(maint, MORNING)
        assert is_exact(maint)
        assert runs(maint)


def test_a_late_event_changes_its_hour_and_every_run_from_it_on(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = add_hours(db, writer)
        close_due(maint, MORNING)
        for late in (0, HOURS - 2, 5):
            flush_event(writer, tenant, FIRST + late * HOUR, "cid", input_tokens=100)
            close_due(maint, MORNING, limits=CloserLimits(hours_max=1))
            assert is_exact(maint)
            assert runs(maint)


def test_a_cost_past_the_end_of_int8_is_in_hour_and_run(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        add_hours(db, writer, cost_input_pico_usd=9 * 10**18)
        close_due(maint, MORNING)
        assert is_exact(maint)
        assert runs(maint)


def test_hours_of_days_that_passed_are_gone_with_their_runs(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = add_hours(db, writer)
        close_due(maint, MORNING)
        later = MORNING + timedelta(days=3)
        flush_event(writer, tenant, later - HOUR, "ann")
        close_due(maint, later)
        assert min(hours(maint)) == minute("2026-03-02 00:00")
        assert min(runs(maint)) > minute("2026-03-02 00:00")


def test_old_hours_that_are_closed_make_none(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        add_hours(db, writer)
        close_due(maint, MORNING + timedelta(days=7))
        assert hours(maint) == set()


def test_hours_whose_events_were_dropped_are_gone_with_the_next_that_is_closed(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = add_hours(db, writer)
        close_due(maint, MORNING)
        with db.connect("postgres") as conn, conn.transaction():
            conn.execute("UPDATE hub.rollup_retention SET events_dropped_before = '2026-03-02'")
            conn.execute("DELETE FROM hub.usage_events WHERE ts < '2026-03-02'")
        flush_event(writer, tenant, FIRST, "ann")
        close_due(maint, MORNING)
        assert is_exact(maint)
        assert runs(maint)


def test_a_closer_that_missed_an_hour_of_the_day_makes_no_run(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint, db.connect("hub_maint") as old:
        tenant = add_hours(db, writer)
        old.execute(BEGIN_SNAPSHOT)
        old.execute("SELECT FROM hub.usage_user_1h")
        close_due(maint, MORNING)
        start = (FIRST + HOURS * HOUR).replace(minute=0)
        with pytest.raises(psycopg.errors.SerializationFailure):
            close_user_hours(old, {"tenant_id": tenant}, start, start + HOUR, start.replace(hour=0))
        assert runs(maint)
