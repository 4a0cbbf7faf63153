"""Days of each end-user: what the raw events add up to, and what came late once those are gone."""

from datetime import timedelta
from random import Random
from typing import Any

import psycopg

from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer import CloserLimits, close_due
from analytics_hub.storage.ledger_check import check_rows
from tests.support.database import Database
from tests.support.deltas import add_series, minute
from tests.support.user_days import flush_event, summed_users, user_days

NOON = minute("2026-03-03 12:00")
MORNING = minute("2026-03-01 10:07")
RARE = (
    "cache_read_tokens", "cache_write_5m_tokens", "output_audio_tokens", "web_searches", "latency_us", "ttft_us",
    "cost_cache_read_pico_usd", "cost_other_pico_usd",
)  # fmt: skip


def add_events(db: Database, writer: psycopg.Connection[Any], number: int) -> int:
    tenant = db.add_tenant("acme", late_horizon=None)
    add_series(writer, tenant, 1, status="ok")
    add_series(writer, tenant, 2, status="timeout")
    draw = Random(number)
    for _ in range(number):
        at = minute("2026-03-01 00:00") + timedelta(minutes=draw.randrange(2 * 24 * 60))
        rare = {name: draw.randrange(10**9) for name in RARE if draw.random() < 0.5}
        user = draw.choice(["ann", "bob", "", None])
        flush_event(writer, tenant, at, user, draw.randrange(1, 4), cost_status=draw.randrange(5), **rare)
    return tenant


def drop_events(db: Database, before: str) -> None:
    """What retention leaves behind: no event before this day, and the ledger says so."""
    with db.connect("postgres") as conn, conn.transaction():
        conn.execute("UPDATE hub.rollup_retention SET events_dropped_before = %s", [before])
        conn.execute("DELETE FROM hub.usage_events WHERE ts < %s", [before])


def test_a_day_that_is_over_has_every_user_on_both_engines(each_db: Database) -> None:
    with each_db.connect("hub_writer") as writer, each_db.connect("hub_maint") as maint:
        add_events(each_db, writer, 60)
        close_due(maint, NOON)
        assert user_days(maint) == summed_users(maint)
        assert {key[2] for key in user_days(maint)} == {"", "ann", "bob"}


def test_a_late_event_changes_the_users_of_its_day(each_db: Database) -> None:
    with each_db.connect("hub_writer") as writer, each_db.connect("hub_maint") as maint:
        tenant = add_events(each_db, writer, 5)
        for user in ("ann", "new", None):
            close_due(maint, NOON)
            flush_event(writer, tenant, MORNING, user)
        close_due(maint, NOON)
        assert user_days(maint) == summed_users(maint)


def test_the_running_day_has_no_users_yet(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = db.add_tenant("acme")
        flush_event(writer, tenant, minute("2026-03-03 10:00"), "ann")
        close_due(maint, NOON)
        assert user_days(maint) == {}


def test_what_comes_late_behind_the_events_is_added_and_goes(each_db: Database) -> None:
    with each_db.connect("hub_writer") as writer, each_db.connect("hub_maint") as maint:
        tenant = add_events(each_db, writer, 40)
        close_due(maint, NOON)
        before = user_days(maint)
        drop_events(each_db, "2026-03-03")
        for user in ("ann", "ann", "new"):
            flush_event(writer, tenant, MORNING, user, input_tokens=100, cost_status=4)
        late = summed_users(maint)
        close_due(maint, NOON)
        after = user_days(maint)
        assert summed_users(maint) == {}
        changed = {key: row for key, row in after.items() if row != before.get(key)}
        assert changed.keys() == late.keys()
        for key, row in changed.items():
            known = before.get(key, dict.fromkeys(row, 0))
            assert row == {name: known[name] + late[key][name] for name in row}
        close_due(maint, NOON)
        assert user_days(maint) == after


def test_the_ledger_knows_the_late_events_that_went(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = db.add_tenant("acme", late_horizon=None)
        drop_events(db, "2026-03-03")
        received = [minute("2026-03-03 09:30"), minute("2026-03-03 10:10"), minute("2026-03-03 10:50")]
        for flush_id, at in enumerate(received):
            flush_event(writer, tenant, MORNING, "ann", received_at=at)
            writer.execute(
                "INSERT INTO hub.ingest_ledger (tenant_id, hour, flush_id, received, stored, duplicate, rejected)"
                " VALUES (%s, %s, %s, 1, 1, 0, 0)",
                [tenant, at.replace(minute=0), flush_id],
            )
        close_due(maint, NOON)
        removed = maint.execute(
            "SELECT hour, reason, events FROM hub.ledger_removals WHERE tenant_id = %s ORDER BY hour",
            [tenant],
        ).fetchall()
        assert removed == [
            (minute("2026-03-03 09:00"), "purged", 1),
            (minute("2026-03-03 10:00"), "purged", 2),
        ]
        assert list(check_rows(maint, TenantId(tenant), minute("2026-03-03 00:00"), NOON)) == []


def test_users_are_exact_when_time_is_always_up(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        add_events(db, writer, 40)
        report = close_due(maint, NOON, limits=CloserLimits(transaction_s_max=0, copy_rows_max=1))
        assert report.complete
        assert report.transactions >= report.hours
        assert user_days(maint) == summed_users(maint)
