"""The database of the query benchmark: a month of events at every level, closed by the closer itself.

In: a `Place` and `World`. Out: the database, Parquet files of the same events, and what it took. Day by day, so that
the disk holds little more than the result: what the flushes would have written goes in by COPY, the closer closes the
day, and chunks that are due move to the columnstore. Raw rows are kept of the last days only; before them
`events_dropped_before` says so, and the days of end-users are written from the same events.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from analytics_hub.domain.series import DIMENSIONS, SUM_COLUMNS
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.storage.closer import CloserLimits, close_due
from analytics_hub.storage.closer.user_runs import renew_runs
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.migrate import bootstrap, migrate
from analytics_hub.storage.statements import statements
from analytics_hub.storage.tenant_store import PostgresTenantStore
from benchmarks.query_columnstore import move_due_chunks, pause_jobs
from benchmarks.query_data import FIRST_DAY, LAST_DAY, NOW, TENANTS, WHOLE_DAYS, World, day_events
from benchmarks.query_rows import EVENT_COLUMNS, DayRows, day_rows
from benchmarks.query_server import Place

CLOSED_UNTIL = NOW.replace(minute=0)
"""The hour that is not over is open: that is how a closer that keeps up leaves it. What comes late for the hour before
comes in its first minutes.
"""
KEPT_FROM = LAST_DAY - timedelta(days=3)
"""Raw rows from here on: a tenth of all events."""
_PATIENT = Timeouts(statement_ms=900_000, idle_in_transaction_ms=900_000)
_DAY = timedelta(days=1)
_LIMITS = CloserLimits(statistics_hours=1_000_000)
_STATISTICS_DAYS = {0, 1, 3, 7, 15, 23}
"""Statistics after every day, as a closer that works hour by hour has them, would be a third of its time here."""


@dataclass
class Times:
    """Seconds by step. Steps of different days overlap."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - began_s


@dataclass(frozen=True)
class Built:
    """What was put into it."""

    raw_rows: int
    delta_rows: int
    build_s: float


def parquet_folder(folder: Path) -> Path:
    return folder / "parquet"


class Builder:
    """One run over all days: one thread makes rows, one copies them in, one closes what is in."""

    def __init__(self, place: Place, world: World, folder: Path) -> None:
        self._place = place
        self._hub = place.hub()
        self._world = world
        self._parquet = parquet_folder(folder)
        self._times = Times()
        self._raw_rows = 0
        self._delta_rows = 0

    def build(self) -> Built:
        began_s = time.perf_counter()
        self._parquet.mkdir(parents=True)
        with self._times.of("schema, tenants, series"):
            self._prepare()
        self._all_days()
        with (
            self._times.of("vacuum and statistics"),
            psycopg.connect(self._place.admin, autocommit=True) as admin,
        ):
            admin.execute("VACUUM (ANALYZE)")
        for step, seconds in self._times.seconds.items():
            print(f"  {step:28} {seconds:8.1f} s", flush=True)
        return Built(self._raw_rows, self._delta_rows, round(time.perf_counter() - began_s, 1))

    def _prepare(self) -> None:
        bootstrap(self._place.admin_dsn("postgres"), self._place.name)
        migrate(self._hub.dsn("hub_owner"))
        pause_jobs(self._place)
        with connect(self._hub.dsn("hub_maint"), "bench") as conn:
            store = PostgresTenantStore(conn)
            for number in range(1, TENANTS + 1):
                new = NewTenant(f"bench-{number}", late_horizon=None, declared_tags=("team",))
                if (made := store.create(new).tenant_id) != number:
                    raise SystemExit(f"tenant {number} became {made}")
            conn.execute("UPDATE hub.rollup_retention SET events_dropped_before = %s", [KEPT_FROM])
        days = [(FIRST_DAY + day * _DAY).date() for day in range(WHOLE_DAYS + 1)]
        with connect(self._hub.dsn("hub_writer"), "bench") as conn:
            conn.execute(statements("flush")["ensure_days"], {"days": days})
            columns = ("tenant_id", "series_id", *DIMENSIONS, "tags")
            series = self._world.series.with_columns(tags=pl.struct("team").struct.json_encode())
            _copy(conn, "series", columns, series.select(columns).write_csv(include_header=False).encode())

    def _all_days(self) -> None:
        """Every day is made while the one before is copied and the one before that is closed."""
        days, began_s, done = WHOLE_DAYS + 1, time.perf_counter(), 0
        finishing: Future[None] | None = None
        with ThreadPoolExecutor(1) as maker, ThreadPoolExecutor(1) as finisher:
            making = maker.submit(self._make, 0)
            for day in range(days):
                rows = making.result()
                if day + 1 < days:
                    making = maker.submit(self._make, day + 1)
                with self._times.of("copy"):
                    self._load(rows)
                if finishing:
                    finishing.result()
                finishing = finisher.submit(self._finish, day, rows.users)
                done += self._world.day_count(day)
                passed_s = time.perf_counter() - began_s
                left_s = passed_s / done * (self._world.events - done)
                print(
                    f"  day {day + 1}/{days}: {done:,} events in {passed_s:.0f} s, {left_s:.0f} s to go",
                    flush=True,
                )
            if finishing:
                finishing.result()

    def _make(self, day: int) -> DayRows:
        start = FIRST_DAY + day * _DAY
        with self._times.of("make events"):
            events = day_events(self._world, day)
        with self._times.of("write parquet"):
            path = self._parquet / f"{start:%Y-%m-%d}.parquet"
            for_peer(self._world, events).write_parquet(path, compression="zstd", row_group_size=120_000)
        with self._times.of("make rows"):
            kept = start >= KEPT_FROM
            return day_rows(self._world, events, keep_events=kept, open_from=CLOSED_UNTIL)

    def _load(self, rows: DayRows) -> None:
        deltas = statements("flush")["copy_deltas"].replace("binary", "csv")
        with connect(self._hub.dsn("hub_writer"), "bench", _PATIENT) as conn, conn.transaction():
            _copy_by(conn, deltas, rows.deltas)
            _copy(conn, "rollup_marks", ("tenant_id", "hour", "flush_id"), rows.marks)
            ledger = ("tenant_id", "hour", "flush_id", "received", "stored", "duplicate", "rejected")
            _copy(conn, "ingest_ledger", ledger, rows.ledger)
            if rows.events:
                _copy(conn, "usage_events", EVENT_COLUMNS, rows.events)
        self._raw_rows += rows.events.count(b"\n")
        self._delta_rows += rows.delta_count

    def _finish(self, day: int, users: bytes) -> None:
        """Close it, write its end-users where there are no raw rows to make them from, move what is due."""
        start = FIRST_DAY + day * _DAY
        now = min(start + _DAY, CLOSED_UNTIL) + timedelta(minutes=1)
        with self._times.of("close"), connect(self._hub.dsn("hub_maint"), "bench", _PATIENT) as conn:
            if not close_due(conn, now, limits=_LIMITS).complete:
                raise SystemExit(f"the closer left something of {start:%Y-%m-%d}")
            if day in _STATISTICS_DAYS:
                conn.execute(statements("closer")["refresh_statistics"])
        if day < WHOLE_DAYS and start < KEPT_FROM:
            with self._times.of("copy users"):
                self._write_users(start, users)
        with self._times.of("columnstore"):
            move_due_chunks(self._place, until=start + _DAY, now=NOW)

    def _write_users(self, start: datetime, users: bytes) -> None:
        with connect(self._hub.dsn("hub_maint"), "bench", _PATIENT) as conn, conn.transaction():
            conn.execute("DELETE FROM hub.usage_user_1d WHERE bucket = %s", [start])
            _copy(conn, "usage_user_1d", ("tenant_id", "bucket", "user_id", *SUM_COLUMNS), users)
            for tenant in range(1, TENANTS + 1):
                renew_runs(conn, {"tenant_id": tenant, "start": start})


def for_peer(world: World, events: pl.DataFrame) -> pl.DataFrame:
    """The same events with their dimensions spelt out, as an analyst would keep them."""
    dimensions = world.series.select(
        "model", "provider", "project", "team", "environment", "status", "error", unpriced=pl.col("price") == 0,
        series=pl.int_range(pl.len(), dtype=pl.UInt32),
    )  # fmt: skip
    joined = events.join(dimensions, on="series", how="left", maintain_order="left")
    return joined.select(
        "tenant_id",
        pl.col("ts_us").cast(pl.Datetime("us")).alias("ts"),
        pl.exclude("i", "tenant_id", "ts_us", "series", "user"),
        pl.format("user-{}", "user").alias("user_id"),
    )


def _copy(conn: psycopg.Connection[Any], table: str, columns: tuple[str, ...], rows: bytes) -> None:
    statement = sql.SQL("COPY hub.{} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    _copy_by(conn, statement.as_string(conn), rows)


def _copy_by(conn: psycopg.Connection[Any], statement: str, rows: bytes) -> None:
    view, piece = memoryview(rows), 1 << 20
    with conn.cursor() as cursor, cursor.copy(statement.encode()) as into:
        for at in range(0, len(view), piece):
            into.write(view[at : at + piece])
