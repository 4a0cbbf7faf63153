"""Retention on both engines: whole closed days go, the books say so, and no snapshot ever lacks a row."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import RetentionSettings
from analytics_hub.storage.closer import close_due
from analytics_hub.storage.connections import BEGIN_SNAPSHOT, tenant_transaction
from analytics_hub.storage.ledger_check import check_ledger
from analytics_hub.storage.retention import RetentionReport, plan_retention, run_retention
from tests.support.database import Database
from tests.support.deltas import add_delta, add_mark, ensure_day, flush_delta, minute
from tests.support.lock_waits import wait_until_blocked
from tests.support.rollups import marks
from tests.support.stored_events import add_event

NOW = minute("2026-03-31 12:00")
SETTINGS = RetentionSettings(events_days=20, minutes_days=10, hours_days=0, lock_wait_ms=100, attempts_max=1)
OLD, NEWER = minute("2026-03-01 10:07"), minute("2026-03-25 10:07")


def run(db: Database, settings: RetentionSettings = SETTINGS, *, lock_ms: int = 100) -> RetentionReport:
    with psycopg.connect(db.maint_dsn, autocommit=True, options=f"-c lock_timeout={lock_ms}") as conn:
        return run_retention(conn, NOW, settings)


def fill(db: Database, *moments: datetime) -> TenantId:
    """One event at each moment, its delta, its ledger row; and everything closed."""
    tenant = TenantId(db.add_tenant("acme"))
    with db.connect("hub_writer") as writer:
        for at in moments:
            flush_delta(writer, tenant, at, events=1)
            add_event(writer, tenant, at)
    with db.connect("hub_maint") as maint:
        close_due(maint, NOW)
        assert marks(maint) == (0, 0)
    return tenant


def moments(db: Database, table: str, column: str = "bucket") -> list[datetime]:
    with db.connect("hub_maint") as conn:
        return [at for (at,) in conn.execute(f"SELECT {column} FROM hub.{table} ORDER BY 1")]


def dropped_before(db: Database, level: str) -> datetime | None:
    with db.connect("hub_maint") as conn:
        row = conn.execute(
            f"SELECT nullif({level}_dropped_before, '-infinity') FROM hub.rollup_retention"
        ).fetchone()
    assert row is not None
    found: datetime | None = row[0]
    return found


def test_days_past_their_time_are_dropped_and_the_rest_stays(each_db: Database) -> None:
    fill(each_db, OLD, NEWER)
    report = run(each_db)
    assert [len(level.dropped) for level in report.levels] == [1, 1, 0]
    assert moments(each_db, "usage_events", "ts") == [NEWER]
    assert moments(each_db, "usage_1m") == [NEWER]
    assert moments(each_db, "usage_1h") == [OLD.replace(minute=0), NEWER.replace(minute=0)]
    assert dropped_before(each_db, "events") == minute("2026-03-02 00:00")
    assert dropped_before(each_db, "minutes") == minute("2026-03-02 00:00")
    assert dropped_before(each_db, "hours") is None


def test_a_second_run_has_nothing_to_do(each_db: Database) -> None:
    fill(each_db, OLD, NEWER)
    run(each_db)
    assert [level.dropped for level in run(each_db).levels] == [(), (), ()]


def test_hours_follow_the_minutes(each_db: Database) -> None:
    old = minute("2025-06-01 10:07")
    fill(each_db, old, NEWER)
    run(each_db, replace_days(SETTINGS, hours_days=100))
    assert moments(each_db, "usage_1h") == [NEWER.replace(minute=0)]
    assert moments(each_db, "usage_1d") == [old.replace(hour=0, minute=0), NEWER.replace(hour=0, minute=0)]


def test_nothing_old_moves_no_horizon(each_db: Database) -> None:
    fill(each_db, NEWER)
    run(each_db, replace_days(SETTINGS, hours_days=100))
    assert [dropped_before(each_db, level) for level in ("events", "minutes", "hours")] == [None] * 3


def test_a_plan_changes_nothing(each_db: Database) -> None:
    fill(each_db, OLD)
    with each_db.connect("hub_maint") as conn:
        report = plan_retention(conn, NOW, SETTINGS)
    assert [level.dropped for level in report.levels] == [(minute("2026-03-02 00:00"),)] * 2 + [()]
    assert moments(each_db, "usage_events", "ts") == [OLD]


def test_an_hour_that_is_not_closed_holds_its_day_back(each_db: Database) -> None:
    tenant = fill(each_db, OLD, OLD - timedelta(days=1))
    with each_db.connect("hub_writer") as writer:
        add_mark(writer, tenant, OLD)
    report = run(each_db)
    assert {level.horizon.held_back_by for level in report.levels[:2]} == {
        "hours that are not closed, from 2026-03-01"
    }
    assert moments(each_db, "usage_events", "ts") == moments(each_db, "usage_1m") == [OLD]


def test_the_ledger_holds_over_a_purge(each_db: Database) -> None:
    fill(each_db, OLD, OLD + timedelta(seconds=1), NEWER)
    assert run(each_db).levels[0].purged == 2
    with each_db.connect("hub_maint") as conn:
        booked = conn.execute("SELECT reason, events FROM hub.ledger_removals").fetchall()
        assert booked == [("purged", 1), ("purged", 1)] or booked == [("purged", 2)]
        received = moments(each_db, "usage_events", "received_at")[0]
        assert check_ledger(conn, OLD, received + timedelta(hours=1), thorough=True) == []


def test_a_late_delta_behind_the_horizon_is_added_once(each_db: Database) -> None:
    tenant = fill(each_db, OLD)
    run(each_db)
    with each_db.connect("hub_writer") as writer:
        flush_delta(writer, tenant, OLD, events=5)
    with each_db.connect("hub_maint") as maint:
        close_due(maint, NOW)
        assert maint.execute("SELECT sum(events) FROM hub.usage_1h").fetchone() == (6,)
    assert moments(each_db, "usage_1m") == []
    assert [level.busy for level in run(each_db).levels] == ["", "", ""]


def test_a_reader_keeps_what_its_snapshot_saw(each_db: Database) -> None:
    tenant = fill(each_db, OLD)
    with each_db.connect("hub_reader") as conn, tenant_transaction(conn, tenant) as cursor:
        report = run(each_db)
        assert ["lock timeout" in level.busy for level in report.levels[:2]] == [True, True]
        for view in ("usage_events", "usage_1m"):
            assert cursor.execute(f"SELECT count(*) FROM hub_read.{view}").fetchone() == (1,)
    assert [level.busy for level in run(each_db).levels] == ["", "", ""]


def test_a_reader_that_comes_during_the_drop_sees_rows_and_horizon_agree(each_db: Database) -> None:
    tenant = fill(each_db, OLD)
    question = """SELECT (SELECT count(*) FROM hub_read.usage_1m), minutes_dropped_before > %s
                    FROM hub_read.rollup_retention"""

    def ask() -> Any:
        with each_db.connect("hub_reader") as conn, tenant_transaction(conn, tenant) as cursor:
            return cursor.execute(question, [OLD]).fetchone()

    with each_db.connect("hub_maint", autocommit=False) as maint, ThreadPoolExecutor(1) as pool:
        maint.execute("SELECT hub.drop_before('minutes', '2026-03-02 00:00Z')")
        asked = pool.submit(ask)
        wait_until_blocked(each_db, maint)
        maint.commit()
        assert asked.result() == (0, True)


def test_a_flush_that_comes_first_keeps_its_day(each_db: Database) -> None:
    """It committed its delta and its mark while the drop waited for the day."""
    tenant = fill(each_db, OLD)
    with each_db.connect("hub_writer", autocommit=False) as writer, ThreadPoolExecutor(1) as pool:
        add_delta(writer, tenant, OLD, events=5)
        add_mark(writer, tenant, OLD)
        running = pool.submit(run, each_db, lock_ms=20_000)
        wait_until_blocked(each_db, writer)
        writer.commit()
        report = running.result()
    assert report.levels[1].busy.endswith("are not closed")
    assert moments(each_db, "usage_1m") == [OLD, OLD]


def test_a_closer_with_an_older_snapshot_is_waited_for(each_db: Database) -> None:
    fill(each_db, OLD)
    with each_db.connect("hub_maint") as closer:
        closer.execute(BEGIN_SNAPSHOT)
        assert closer.execute("SELECT count(*) FROM hub.rollup_marks").fetchone() == (0,)
        assert run(each_db).levels[0].busy != ""
        assert closer.execute("SELECT count(*) FROM hub.usage_events").fetchone() == (1,)
        closer.execute("COMMIT")


def test_old_rejects_go_with_their_books(each_db: Database) -> None:
    tenant = each_db.add_tenant("acme")
    with each_db.connect("hub_writer") as writer:
        for at in (OLD, NEWER):
            writer.execute(
                """INSERT INTO hub.dead_letters (tenant_id, received_at, flush_id, origin, position, at_byte, code,
                       field, message, payload, payload_truncated)
                   VALUES (%s, %s, 1, 'o', 1, -1, 'c', 'f', 'm', '', false)""",
                [tenant, at],
            )
            writer.execute(
                "INSERT INTO hub.dead_letter_volume VALUES (%s, %s::timestamptz::date, 1, 0, 0)", [tenant, at]
            )
    settings = replace_days(SETTINGS, dead_letters_days=10, rows_max=1)
    assert run(each_db, settings).letters == 2
    assert moments(each_db, "dead_letters", "received_at") == [NEWER]


@pytest.mark.parametrize(
    ("level", "before"),
    [
        ("events", "2026-03-01 01:00Z"),
        ("days", "2026-03-01 00:00Z"),
        ("events", "2999-01-01 00:00Z"),
        ("hours", None),
    ],
)
def test_only_past_days_of_known_levels_are_dropped(
    each_db: Database, level: str, before: str | None
) -> None:
    with each_db.connect("hub_maint") as conn, pytest.raises(psycopg.errors.InvalidParameterValue):
        conn.execute("SELECT hub.drop_before(%s, %s)", [level, before])


def test_nobody_else_may_drop(each_db: Database) -> None:
    for role in ("hub_reader", "hub_writer"):
        with each_db.connect(role) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT hub.drop_before('events', '2026-03-01 00:00Z')")


def test_a_loader_that_knows_the_day_goes_on(db: Database) -> None:
    """Plain PostgreSQL: the emptied minutes stay until their events go, then both are made again together."""
    tenant = fill(db, OLD)
    run(db, replace_days(SETTINGS, events_days=0))
    with db.connect("hub_writer") as writer:
        add_delta(writer, tenant, OLD, events=1)
    with db.connect("hub_maint") as maint:
        maint.execute("DELETE FROM hub.usage_1m WHERE tenant_id = %s", [tenant])
    run(db)
    with db.connect("hub_writer") as writer:
        assert writer.execute("SELECT to_regclass('hub.usage_1m_20260301')").fetchone() == (None,)
        ensure_day(writer, OLD)
        add_delta(writer, tenant, OLD, events=1)


def replace_days(settings: RetentionSettings, **changes: int) -> RetentionSettings:
    return settings.model_copy(update=changes)
