"""The same schema on TimescaleDB: hypertables under the same names, the same walls, the same sums."""

from typing import Any

import psycopg
import pytest

from analytics_hub.storage.closer import close_due
from analytics_hub.storage.connections import tenant_transaction
from analytics_hub.storage.lint import find_faults
from analytics_hub.storage.migrate import migrate
from rust_core import sketch_encode
from tests.support.database import Database
from tests.support.deltas import add_delta, flush_delta, minute
from tests.support.isolation import AT, TENANT_VIEWS, add_neighbours
from tests.support.rollups import coarse, marks, summed

pytestmark = pytest.mark.timescale

TIME_TABLES = (
    "usage_1d", "usage_1d_facet", "usage_1h", "usage_1h_facet", "usage_1m", "usage_1m_total", "usage_events",
    "usage_user_1d",
)  # fmt: skip
DENIED = psycopg.errors.InsufficientPrivilege


def chunks(conn: psycopg.Connection[Any]) -> list[str]:
    query = "SELECT format('%I.%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks"
    return [name for (name,) in conn.execute(query)]


def test_the_time_tables_are_hypertables(timescale_db: Database) -> None:
    with timescale_db.connect("hub_maint") as conn:
        assert conn.execute("SELECT hub.engine()").fetchone() == ("timescaledb",)
        found = conn.execute(
            "SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1"
        ).fetchall()
    assert [name for (name,) in found] == sorted(TIME_TABLES)
    assert migrate(timescale_db.owner_dsn) == []


def test_days_need_no_preparation(timescale_db: Database) -> None:
    tenant = timescale_db.add_tenant("acme")
    with timescale_db.connect("hub_writer") as conn:
        assert conn.execute("SELECT hub.ensure_day('{2026-03-01}')").fetchone() == (0,)
        add_delta(conn, tenant, AT, events=1)


def test_the_closer_is_exact(timescale_db: Database) -> None:
    tenant = timescale_db.add_tenant("acme", late_horizon=None)
    with timescale_db.connect("hub_writer") as writer, timescale_db.connect("hub_maint") as maint:
        for _ in range(2):
            for hour in (9, 10, 23):
                at = minute(f"2026-03-01 {hour:02}:07")
                sketch = sketch_encode([hour * 1000])
                flush_delta(
                    writer,
                    tenant,
                    at,
                    hour % 2,
                    events=hour,
                    cost_input_pico_usd=10**18,
                    latency_sketch=sketch,
                )
            close_due(maint, minute("2026-03-02 12:00"))
            assert coarse(maint, "usage_1h") == summed(maint, "hour")
            assert coarse(maint, "usage_1d") == summed(maint, "day")
            assert marks(maint) == (0, 0)


def test_a_key_is_stored_once(timescale_db: Database) -> None:
    insert = """INSERT INTO hub.usage_events (tenant_id, ts, event_key, series_id, received_at, source, event_id,
                    input_tokens, output_tokens, cost_input_pico_usd, cost_output_pico_usd, cost_status)
                VALUES (1, '2026-03-01 10:00Z', '00000000-0000-0000-0000-000000000001', 1, now(), 's', 'e',
                    1, 2, 3, 4, 0)"""
    with timescale_db.connect("hub_writer") as conn:
        conn.execute(insert)
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute(insert)
        again = conn.execute(
            insert + " ON CONFLICT (tenant_id, ts, event_key) DO NOTHING RETURNING tenant_id"
        )
        assert again.fetchall() == []


def test_a_reader_sees_its_own_rows_only(timescale_db: Database) -> None:
    both = add_neighbours(timescale_db)
    with timescale_db.connect("hub_reader") as conn:
        for view in TENANT_VIEWS:
            query = f"SELECT tenant_id FROM hub_read.{view}"
            with tenant_transaction(conn, both.ours) as cursor:
                assert cursor.execute(query).fetchall() == [(both.ours,)]
            assert conn.execute(query).fetchall() == []


def test_a_reader_has_no_right_on_tables_and_chunks(timescale_db: Database) -> None:
    add_neighbours(timescale_db)
    with timescale_db.connect("hub_owner") as owner:
        names = chunks(owner)
    assert len(names) == len(TIME_TABLES)
    with timescale_db.connect("hub_reader") as conn:
        for name in [*names, *(f"hub.{table}" for table in TIME_TABLES)]:
            with pytest.raises(DENIED):
                conn.execute(f"SELECT 1 FROM {name}")


@pytest.mark.parametrize(
    "call",
    [
        "SELECT add_job('hub.engine', '1 hour')",
        "SELECT drop_chunks('hub.usage_1m', now())",
        "SELECT add_retention_policy('hub.usage_1m', INTERVAL '1 day')",
        "CALL run_job(1)",
    ],
)
def test_administrative_functions_are_closed(timescale_db: Database, call: str) -> None:
    for role in ("hub_reader", "hub_writer", "hub_maint"):
        with timescale_db.connect(role) as conn:
            conn.execute("SET default_transaction_read_only = off")
            with pytest.raises(DENIED, match="permission denied"):
                conn.execute(call)


def test_the_lint_is_silent(timescale_db: Database) -> None:
    both = add_neighbours(timescale_db)
    assert both.ours != both.theirs
    with timescale_db.connect("hub_maint") as conn:
        assert find_faults(conn) == []
