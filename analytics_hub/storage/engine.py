"""Which engine a database has, which of its features are on, and what is wrong with them.

In: a connection of hub_maint. Out: an `EngineReport`, for `hub check`. The features are set up by
`migrations/0011_timescale.sql`; why they are as they are is in `docs/timescale.md`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from analytics_hub.storage.statements import statements

_SQL = statements("engine")

COLUMN_POLICIES: Final = (
    "usage_1h",
    "usage_1h_facet",
    "usage_1m",
    "usage_1m_total",
    "usage_events",
    "usage_user_1d",
)
"""Tables whose old chunks TimescaleDB turns into columns by itself. Days stay rows."""

BOARD: Final = "ops_usage_1h"
_COLUMNS_JOBS: Final = ("policy_compression", "policy_columnstore")
_REFRESH_JOB: Final = "policy_refresh_continuous_aggregate"


@dataclass(frozen=True, slots=True)
class TimeTable:
    """A hypertable: whether it may have columns, its chunks, and how many of them are columns."""

    name: str
    columnstore: bool
    chunks: int
    column_chunks: int


@dataclass(frozen=True, slots=True)
class BackgroundJob:
    """A job of ours and how its last run went; no run yet: None."""

    table: str
    procedure: str
    scheduled: bool
    last_status: str | None
    last_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class EngineReport:
    """`faults`: features that should be on and are not, jobs that fail."""

    version: str | None
    """Of TimescaleDB; None on plain PostgreSQL."""
    tables: tuple[TimeTable, ...] = ()
    jobs: tuple[BackgroundJob, ...] = ()
    scheduler: bool = False
    faults: tuple[str, ...] = ()


def read_engine(conn: psycopg.Connection[Any]) -> EngineReport:
    row = conn.execute(_SQL["engine"]).fetchone()
    if row is None or row[0] == "plain":
        return EngineReport(None)
    tables = tuple(TimeTable(*found) for found in conn.execute(_SQL["time_tables"]))
    jobs = tuple(BackgroundJob(*found) for found in conn.execute(_SQL["jobs"]))
    scheduler = conn.execute(_SQL["scheduler"]).fetchone() != (0,)
    limited = conn.execute(_SQL["decompression_limit"]).fetchone() != ("0",)
    faults = (*_feature_faults(tables, jobs, limited=limited), *_job_faults(jobs, scheduler=scheduler))
    return EngineReport(row[1], tables, jobs, scheduler, faults)


def _feature_faults(
    tables: tuple[TimeTable, ...], jobs: tuple[BackgroundJob, ...], *, limited: bool
) -> Iterator[str]:
    for table in tables:
        if not table.columnstore:
            yield f"columnstore_off: hub.{table.name} keeps every row as a row"
    with_policy = {job.table for job in jobs if job.procedure in _COLUMNS_JOBS}
    for name in COLUMN_POLICIES:
        if name not in with_policy:
            yield f"policy_missing: nothing turns old chunks of hub.{name} into columns"
    if not any(job.procedure == _REFRESH_JOB for job in jobs):
        yield f"policy_missing: nothing refreshes hub.{BOARD}"
    if limited:
        yield (
            "decompression_limited: timescaledb.max_tuples_decompressed_per_dml_transaction is not 0: closing, "
            "resends and erasures may fail on old days; run sql/bootstrap_database.sql again"
        )


def _job_faults(jobs: tuple[BackgroundJob, ...], *, scheduler: bool) -> Iterator[str]:
    for job in jobs:
        what = f"{job.procedure} of hub.{job.table}"
        if not job.scheduled:
            yield f"job_paused: {what} is not scheduled"
        elif job.last_status == "Failed":
            yield f"job_failed: the last run of {what} failed; timescaledb_information.job_errors says why"
    if not scheduler:
        yield (
            "jobs_stopped: TimescaleDB's scheduler does not run in this database: look at "
            "timescaledb.max_background_workers and max_worker_processes"
        )
