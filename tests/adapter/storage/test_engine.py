"""What `hub check` is told about the engine, and every fault that it must find."""

import pytest

from analytics_hub.storage.engine import COLUMN_POLICIES, read_engine
from tests.support.columns import run_jobs
from tests.support.database import Database

# What a careless superuser did, and what the fault names
FAULTS = [
    ("job_paused", "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs"),
    ("policy_missing", "CALL remove_columnstore_policy('hub.usage_1m')"),
    ("policy_missing", "SELECT remove_continuous_aggregate_policy('hub.ops_usage_1h')"),
    ("columnstore_off", "ALTER TABLE hub.usage_1d SET (timescaledb.enable_columnstore = false)"),
    (
        "job_failed",
        """INSERT INTO _timescaledb_internal.bgw_job_stat (job_id, last_finish, next_start, last_successful_finish,
               last_run_success, total_runs, total_duration, total_duration_failures, total_successes, total_failures,
               total_crashes, consecutive_failures, consecutive_crashes)
           SELECT job_id, now(), now(), now(), false, 1, '1 s', '1 s', 0, 1, 0, 1, 0
             FROM timescaledb_information.jobs
           ON CONFLICT (job_id) DO UPDATE SET last_run_success = false""",
    ),
    ("decompression_limited", "SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1000"),
]


def schedule_jobs(db: Database) -> None:
    with db.connect("postgres") as admin:
        admin.execute("SELECT alter_job(job_id, scheduled => true) FROM timescaledb_information.jobs")


def faults(db: Database, *, act: str = "SELECT 1") -> set[str]:
    """Codes, after an act that is rolled back. Whether the scheduler runs is the launcher's affair: left out."""
    with db.connect("postgres", autocommit=False) as admin:
        admin.execute(act)
        found = read_engine(admin).faults
        admin.rollback()
    return {fault.partition(":")[0] for fault in found} - {"jobs_stopped"}


def test_plain_postgresql_has_no_features_and_no_faults(db: Database) -> None:
    with db.connect("hub_maint") as conn:
        engine = read_engine(conn)
    assert (engine.version, engine.tables, engine.jobs, engine.faults) == (None, (), (), ())


@pytest.mark.timescale
def test_timescaledb_tells_its_tables_and_jobs(timescale_db: Database) -> None:
    schedule_jobs(timescale_db)
    run_jobs(timescale_db)
    with timescale_db.connect("hub_maint") as conn:
        engine = read_engine(conn)
    assert engine.version is not None
    assert {table.name for table in engine.tables if table.columnstore} >= set(COLUMN_POLICIES)
    assert {job.table for job in engine.jobs} == {*COLUMN_POLICIES, "ops_usage_1h"}
    assert faults(timescale_db) == set()


@pytest.mark.timescale
@pytest.mark.parametrize(("code", "act"), FAULTS, ids=[f"{code}-{at}" for at, (code, _) in enumerate(FAULTS)])
def test_a_planted_fault_is_found(timescale_db: Database, code: str, act: str) -> None:
    schedule_jobs(timescale_db)
    assert code in faults(timescale_db, act=act)
