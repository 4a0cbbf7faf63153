"""The operator's board: the same question on both engines, on TimescaleDB from a continuous aggregate."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from analytics_hub.storage.closer import close_due
from tests.support.columns import run_jobs
from tests.support.database import Database
from tests.support.deltas import flush_delta

QUESTION = """SELECT tenant_id, hour, events, errors, tokens_in, tokens_out, cost_pico_usd, unpriced_events
                FROM hub.ops_usage_1h ORDER BY 1, 2"""
REFRESH = "policy_refresh_continuous_aggregate"
NOW = datetime.now(UTC)
THIS_HOUR = NOW.replace(minute=0, second=0, microsecond=0)
YESTERDAY = THIS_HOUR - timedelta(days=1)


def board(db: Database) -> list[tuple[Any, ...]]:
    with db.connect("hub_maint") as conn:
        return conn.execute(QUESTION).fetchall()


def close(db: Database, tenant: int, at: datetime, events: int) -> None:
    """A flush of two series, closed."""
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        for series in (1, 2):
            flush_delta(writer, tenant, at, series, events=events, input_tokens=2, output_tokens=3,
                        cost_input_pico_usd=5, cost_other_pico_usd=7)  # fmt: skip
        close_due(maint, NOW + timedelta(hours=2))


def test_the_board_sums_by_tenant_and_hour(each_db: Database) -> None:
    tenant, other = each_db.add_tenant("acme"), each_db.add_tenant("globex")
    close(each_db, tenant, YESTERDAY, 4)
    close(each_db, other, YESTERDAY, 1)
    assert board(each_db) == [
        (tenant, YESTERDAY, 8, 0, 4, 6, 24, 0),
        (other, YESTERDAY, 2, 0, 4, 6, 24, 0),
    ]


def test_nobody_but_the_operator_reads_the_board(each_db: Database) -> None:
    for role in ("hub_reader", "hub_writer"):
        with each_db.connect(role) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(QUESTION)


@pytest.mark.timescale
def test_a_refresh_stops_before_the_hour_that_is_not_over(timescale_db: Database) -> None:
    tenant = timescale_db.add_tenant("acme")
    close(timescale_db, tenant, THIS_HOUR, 1)
    run_jobs(timescale_db, REFRESH)
    # Past the last refresh the hours are summed while they are read: the new flush is seen at once.
    close(timescale_db, tenant, THIS_HOUR, 10)
    assert [row[2] for row in board(timescale_db)] == [22]


@pytest.mark.timescale
def test_a_refresh_takes_late_hours_in(timescale_db: Database) -> None:
    tenant = timescale_db.add_tenant("acme")
    close(timescale_db, tenant, YESTERDAY, 1)
    run_jobs(timescale_db, REFRESH)
    close(timescale_db, tenant, YESTERDAY, 10)
    run_jobs(timescale_db, REFRESH)
    assert [row[2] for row in board(timescale_db)] == [22]


@pytest.mark.timescale
def test_a_refresh_does_not_erase_hours_that_retention_dropped(timescale_db: Database) -> None:
    tenant = timescale_db.add_tenant("acme", late_horizon=None)
    old = YESTERDAY - timedelta(days=200)
    close(timescale_db, tenant, old, 1)
    close(timescale_db, tenant, YESTERDAY, 1)
    with timescale_db.connect("hub_owner") as owner:
        owner.execute("CALL refresh_continuous_aggregate('hub.ops_usage_1h', NULL, %s)", [THIS_HOUR])
    before = board(timescale_db)
    assert len(before) == 2
    horizon = (YESTERDAY - timedelta(days=100)).replace(hour=0)
    with timescale_db.connect("hub_maint") as maint:
        for level in ("minutes", "hours"):
            maint.execute("SELECT hub.drop_before(%s, %s)", [level, horizon])
        assert maint.execute("SELECT count(*) FROM hub.usage_1h WHERE bucket < %s", [horizon]).fetchone() == (
            0,
        )
    run_jobs(timescale_db, REFRESH)
    assert board(timescale_db) == before
