"""Old chunks as columns: everything that works on rows works on them, and no snapshot notices the change."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer import close_due
from analytics_hub.storage.connections import tenant_transaction
from tests.support.columns import column_chunks, loose_chunks, run_jobs
from tests.support.database import Database
from tests.support.deltas import add_delta, flush_delta, minute
from tests.support.lock_waits import wait_until_blocked
from tests.support.rollups import coarse, marks, summed
from tests.support.stored_events import add_event

pytestmark = pytest.mark.timescale

OLD = minute("2026-03-01 10:07")
NOW = minute("2026-03-31 12:00")
INSERT = """INSERT INTO hub.usage_events (tenant_id, ts, event_key, series_id, received_at, source, event_id, user_id,
                input_tokens, output_tokens, cost_input_pico_usd, cost_output_pico_usd, cost_status)
            SELECT %(tenant)s, %(at)s + n * INTERVAL '1 ms', md5(n::text)::uuid, 1, %(at)s, 's', n::text, 'u',
                1, 2, 3, 4, 0
            FROM generate_series(1, %(number)s) AS n"""


@pytest.fixture
def tenant(timescale_db: Database) -> TenantId:
    return TenantId(timescale_db.add_tenant("acme", late_horizon=None))


def store(db: Database, tenant: TenantId, number: int) -> None:
    with db.connect("hub_writer") as writer:
        writer.execute(INSERT, {"tenant": tenant, "at": OLD, "number": number})


def count(db: Database, table: str = "usage_events") -> int:
    with db.connect("hub_maint") as maint:
        row = maint.execute(f"SELECT count(*) FROM hub.{table}").fetchone()
    assert row is not None
    return int(row[0])


def test_the_policies_turn_old_chunks_into_columns(timescale_db: Database, tenant: TenantId) -> None:
    with timescale_db.connect("hub_writer") as writer, timescale_db.connect("hub_maint") as maint:
        flush_delta(writer, tenant, OLD, events=1)
        add_event(writer, tenant, OLD)
        close_due(maint, NOW)
    assert run_jobs(timescale_db) == 6
    tables = ("usage_events", "usage_1m", "usage_1m_total", "usage_1h", "usage_1h_facet", "usage_user_1d")
    assert {table: column_chunks(timescale_db, table) for table in tables} == dict.fromkeys(tables, 1)
    assert column_chunks(timescale_db, "usage_1d") == column_chunks(timescale_db, "usage_1d_facet") == 0
    with timescale_db.connect("hub_reader") as conn, tenant_transaction(conn, tenant) as cursor:
        for table in tables:
            assert cursor.execute(f"SELECT sum(input_tokens) FROM hub_read.{table}").fetchone() is not None
        assert cursor.execute("SELECT sum(events) FROM hub_read.usage_1h").fetchone() == (1,)


def test_a_resend_into_columns_is_not_stored(timescale_db: Database, tenant: TenantId) -> None:
    store(timescale_db, tenant, 3000)
    run_jobs(timescale_db)
    with timescale_db.connect("hub_writer") as writer:
        args = {"tenant": tenant, "at": OLD, "number": 3001}
        with pytest.raises(psycopg.errors.UniqueViolation):
            writer.execute(INSERT, args)
        again = writer.execute(
            f"{INSERT} ON CONFLICT (tenant_id, ts, event_key) DO NOTHING RETURNING event_key", args
        )
        assert len(again.fetchall()) == 1
    assert count(timescale_db) == 3001


def test_a_late_copy_into_columns_is_stored_and_a_copied_resend_refused(
    timescale_db: Database, tenant: TenantId
) -> None:
    store(timescale_db, tenant, 10)
    run_jobs(timescale_db)
    columns = (
        "tenant_id, ts, event_key, series_id, received_at, source, event_id, input_tokens, output_tokens, "
        "cost_input_pico_usd, cost_output_pico_usd, cost_status"
    )
    row = f"{tenant}\t2026-03-01 11:00Z\t00000000-0000-0000-0000-00000000000a\t1\tnow\ts\te\t1\t2\t3\t4\t0\n"
    statement = f"COPY hub.usage_events ({columns}) FROM STDIN"

    def load(writer: psycopg.Connection[Any]) -> None:
        with writer.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(row)

    with timescale_db.connect("hub_writer") as writer:
        load(writer)
        with pytest.raises(psycopg.errors.UniqueViolation):
            load(writer)
    assert count(timescale_db) == 11


def test_the_closer_stays_exact_over_columns(timescale_db: Database, tenant: TenantId) -> None:
    with timescale_db.connect("hub_writer") as writer, timescale_db.connect("hub_maint") as maint:
        for events in (1, 10, 100):
            for series in (1, 2):
                flush_delta(writer, tenant, OLD, series, events=events)
            close_due(maint, NOW)
            run_jobs(timescale_db)
            assert coarse(maint, "usage_1h") == summed(maint, "hour")
            assert coarse(maint, "usage_1d") == summed(maint, "day")
            assert marks(maint) == (0, 0)


def test_an_erasure_reaches_every_row_of_a_chunk(timescale_db: Database, tenant: TenantId) -> None:
    # More rows than TimescaleDB decompresses in one transaction by default (100,000).
    store(timescale_db, tenant, 120_000)
    run_jobs(timescale_db)
    with timescale_db.connect("hub_owner") as owner:
        erased = owner.execute("UPDATE hub.usage_events SET user_id = NULL WHERE tenant_id = %s", [tenant])
        assert erased.rowcount == 120_000
    assert count(timescale_db) == 120_000


def test_the_policies_leave_late_rows_to_compaction(timescale_db: Database, tenant: TenantId) -> None:
    with timescale_db.connect("hub_writer") as writer:
        add_delta(writer, tenant, OLD, events=1)
        run_jobs(timescale_db)
        assert loose_chunks(timescale_db) == []
        add_delta(writer, tenant, OLD, events=1)
    run_jobs(timescale_db)
    (chunk,) = loose_chunks(timescale_db)
    with timescale_db.connect("hub_maint") as maint:
        maint.execute("SELECT hub.compact_chunk(%s::regclass)", [chunk])
    assert loose_chunks(timescale_db) == []
    assert count(timescale_db, "usage_1m") == 2


def test_a_compaction_waits_for_older_snapshots(timescale_db: Database, tenant: TenantId) -> None:
    with timescale_db.connect("hub_writer") as writer:
        add_delta(writer, tenant, OLD, events=1)
        run_jobs(timescale_db)
        add_delta(writer, tenant, OLD, events=1)
    (chunk,) = loose_chunks(timescale_db)

    def compact() -> None:
        with timescale_db.connect("hub_maint") as maint:
            maint.execute("SELECT hub.compact_chunk(%s::regclass)", [chunk])

    with timescale_db.connect("hub_reader") as conn, ThreadPoolExecutor(1) as pool:
        with tenant_transaction(conn, tenant) as cursor:
            cursor.execute("SELECT 1 FROM hub_read.rollup_marks")
            running = pool.submit(compact)
            wait_until_blocked(timescale_db, conn)
            assert cursor.execute("SELECT sum(events) FROM hub_read.usage_1m").fetchone() == (2,)
        running.result()
        with tenant_transaction(conn, tenant) as cursor:
            assert cursor.execute("SELECT sum(events) FROM hub_read.usage_1m").fetchone() == (2,)


def test_only_loose_chunks_of_ours_are_compacted(timescale_db: Database) -> None:
    with timescale_db.connect("hub_maint") as maint:
        for name in ("hub.usage_1m", "pg_catalog.pg_class"):
            with pytest.raises(psycopg.errors.InvalidParameterValue):
                maint.execute("SELECT hub.compact_chunk(%s::regclass)", [name])


@pytest.mark.parametrize(
    "call",
    [
        "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs",
        "SELECT delete_job(job_id) FROM timescaledb_information.jobs",
        "CALL remove_columnstore_policy('hub.usage_1m')",
        "CALL refresh_continuous_aggregate('hub.ops_usage_1h', NULL, NULL)",
        "CALL convert_to_columnstore('hub.usage_1m')",
        "SELECT compress_chunk('hub.usage_1m')",
        "SELECT decompress_chunk('hub.usage_1m')",
        "ALTER TABLE hub.usage_1m SET (timescaledb.enable_columnstore = false)",
    ],
)
@pytest.mark.parametrize("role", ["hub_reader", "hub_writer", "hub_maint"])
def test_the_jobs_of_the_owner_are_closed_to(timescale_db: Database, role: str, call: str) -> None:
    with timescale_db.connect(role) as conn:
        conn.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(call)
