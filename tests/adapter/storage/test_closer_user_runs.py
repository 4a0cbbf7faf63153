"""Runs of users: each is the sum of the days that stand there, whatever came late. None is kept that does not pay."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from analytics_hub.storage.closer import close_due
from analytics_hub.storage.closer.user_runs import renew_runs
from analytics_hub.storage.connections import BEGIN_SNAPSHOT
from tests.support.database import Database
from tests.support.deltas import add_series, minute
from tests.support.user_days import flush_event

FIRST = minute("2026-03-03 10:07")
DAYS = 6
NOON = minute("2026-03-11 12:00")
DAY = timedelta(days=1)
_SUMMED = """
    SELECT u.tenant_id, r.bucket, u.user_id, sum(u.events), sum(u.errors), sum(u.input_tokens + u.output_tokens),
           sum(u.cost_input_pico_usd + u.cost_output_pico_usd), sum(u.unpriced_events), sum(u.partial_events),
           sum(u.estimated_events)
    FROM hub.usage_user_rows r
    JOIN hub.usage_user_1d u ON u.tenant_id = r.tenant_id AND u.bucket <= r.bucket
        AND u.bucket >= date_bin('32 days', r.bucket, '2000-01-01 00:00:00+00')
    WHERE r.run_rows IS NOT NULL
    GROUP BY 1, 2, 3
"""


def are_sums(maint: psycopg.Connection[Any]) -> set[datetime]:
    """The days that have a run, after every run was compared with the days that it stands for."""
    runs = set(maint.execute("SELECT * FROM hub.usage_user_run").fetchall())
    assert runs == set(maint.execute(_SUMMED).fetchall())
    books = maint.execute("SELECT bucket, day_rows, run_rows FROM hub.usage_user_rows").fetchall()
    days = maint.execute("SELECT bucket, count(*) FROM hub.usage_user_1d GROUP BY 1").fetchall()
    assert {day: rows for day, rows, _ in books} == dict(days)
    with_run = {day: rows for day, _, rows in books if rows}
    counts = maint.execute("SELECT bucket, count(*) FROM hub.usage_user_run GROUP BY 1").fetchall()
    assert with_run == dict(counts)
    return set(with_run)


def add_days(db: Database, writer: psycopg.Connection[Any], users: list[list[str]], **columns: Any) -> int:
    """A day of each list, with an event of each user."""
    tenant = db.add_tenant("acme", late_horizon=None)
    add_series(writer, tenant, 1, status="timeout")
    for at, names in enumerate(users):
        for name in names:
            flush_event(writer, tenant, FIRST + at * DAY, name, cost_status=at % 3, **columns)
    return tenant


def test_a_run_is_the_sum_of_its_days_on_both_engines(each_db: Database) -> None:
    with each_db.connect("hub_writer") as writer, each_db.connect("hub_maint") as maint:
        add_days(each_db, writer, [["ann", "bob", ""], ["ann", "bob"], ["ann", "cid"], ["ann", "bob"]] * 2)
        close_due(maint, NOON)
        assert are_sums(maint)


def test_a_late_event_changes_every_run_from_its_day_on(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = add_days(db, writer, [["ann", "bob"]] * DAYS)
        close_due(maint, NOON)
        before = are_sums(maint)
        for late in (0, DAYS - 2, 1):
            flush_event(writer, tenant, FIRST + late * DAY, "ann", input_tokens=100)
            close_due(maint, NOON)
            assert max(are_sums(maint)) == max(before)


def test_what_is_added_behind_the_events_is_in_the_run(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = add_days(db, writer, [["ann", "bob"]] * DAYS)
        close_due(maint, NOON)
        with db.connect("postgres") as conn, conn.transaction():
            conn.execute("UPDATE hub.rollup_retention SET events_dropped_before = '2026-03-09'")
            conn.execute("DELETE FROM hub.usage_events WHERE ts < '2026-03-09'")
        flush_event(writer, tenant, FIRST + DAY, "cid", input_tokens=100)
        close_due(maint, NOON)
        assert are_sums(maint)


def test_a_closer_that_missed_a_day_of_the_block_makes_no_run(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint, db.connect("hub_maint") as old:
        tenant = add_days(db, writer, [["ann", "bob"]] * DAYS)
        old.execute(BEGIN_SNAPSHOT)
        old.execute("SELECT FROM hub.usage_user_1d")
        close_due(maint, NOON)
        bounds = {"tenant_id": tenant, "start": (FIRST + DAYS * DAY).replace(hour=0, minute=0)}
        with pytest.raises(psycopg.errors.SerializationFailure):
            renew_runs(old, bounds)
        assert are_sums(maint)


def test_users_who_do_not_come_back_have_no_run(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        add_days(db, writer, [[f"user-{at}", f"other-{at}"] for at in range(DAYS)])
        close_due(maint, NOON)
        assert are_sums(maint) == set()


def test_a_block_closed_before_there_were_runs_gets_one_with_its_next_day(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = add_days(db, writer, [["ann", "bob"]] * DAYS)
        close_due(maint, NOON)
        with db.connect("postgres") as conn:
            conn.execute("TRUNCATE hub.usage_user_run, hub.usage_user_rows")
            conn.execute(
                "INSERT INTO hub.usage_user_rows"
                " SELECT tenant_id, bucket, count(*) FROM hub.usage_user_1d GROUP BY 1, 2"
            )
        flush_event(writer, tenant, FIRST + DAYS * DAY, "ann")
        close_due(maint, NOON)
        assert are_sums(maint) == {(FIRST + DAYS * DAY).replace(hour=0, minute=0)}


def test_a_cost_past_the_end_of_int8_is_in_the_run(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        add_days(db, writer, [["ann", "bob"]] * DAYS, cost_input_pico_usd=9 * 10**18)
        close_due(maint, NOON)
        assert are_sums(maint)
        greatest = maint.execute("SELECT max(cost_pico_usd) FROM hub.usage_user_run").fetchone()
        assert greatest is not None
        assert greatest[0] > 2**63
