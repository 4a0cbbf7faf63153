"""Load: a file to committed rows by the whole pipeline of `hub load`, beside a bare binary COPY of the same rows.

    python -m benchmarks.load [--events N] [--rounds R]

Writes `results/load.json`. Both go into the same table with its unique index, on the same durable server, in turn, each
time into a fresh database after a checkpoint. The COPY gets bytes that were encoded before, in the same batches, one
transaction a batch: what PostgreSQL alone can take. The pipeline also reads, decodes, prices, rolls up and writes
series, deltas, marks and ledger. Both may use all cores. Rates are medians over rounds, the ratio the median of the
rounds' ratios. `history_…`: as many events over 30 days by `hub load --history`, until the last day is closed, beside
the same file loaded and left open; once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from analytics_hub.cli.loading import load_sources
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.tenant import NewTenant, Tenant
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import default_settings
from analytics_hub.storage.connections import connect
from analytics_hub.storage.embedded import Server, embedded_server
from analytics_hub.storage.migrate import bootstrap, migrate
from analytics_hub.storage.statements import statements
from analytics_hub.storage.tenant_store import PostgresTenantStore
from benchmarks import events
from benchmarks.backfill import history_file
from benchmarks.machine import write_result
from ingest.decode import Decoder, PreparedBatch
from ingest.file_source import FileSource
from ingest.postgres.copy_in import copy_in
from rust_core import Message, TenantRules

PROJECTS = 50
"""Series stay below a tenant's budget of 10,000: past it, folding would be measured."""
HISTORY_DAYS = 30
SERVER_START_S = 60
EPOCH = date(1970, 1, 1)
SETTINGS = default_settings()
BATCH_EVENTS = SETTINGS.ingest.batch_events_max


@dataclass(frozen=True)
class Round:
    """Rows a second of both, in one round."""

    load: float
    copy: float


@contextmanager
def server() -> Iterator[Server]:
    """A server with crash safety on, in a folder of its own that the server's user may reach."""
    top = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    top.chmod(0o711)
    try:
        with embedded_server(top / "data", wait_s=SERVER_START_S) as running:
            yield running
    finally:
        shutil.rmtree(top)


@contextmanager
def fresh_database(running: Server, name: str) -> Iterator[tuple[OpenedHub, Tenant]]:
    """A migrated database with one tenant, its pages and log on disk; dropped at the end."""
    bootstrap(running.admin_dsn(), name)
    hub = OpenedHub(SETTINGS, lambda role: running.dsn(role, name), str(running.directory))
    migrate(hub.dsn("hub_owner"))
    with connect(hub.dsn("hub_maint"), "bench") as conn:
        tenant = PostgresTenantStore(conn).create(NewTenant("bench", "Benchmark"))
    with psycopg.connect(running.admin_dsn(), autocommit=True) as admin:
        admin.execute("CHECKPOINT")
        try:
            yield hub, tenant
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            admin.execute(drop.format(sql.Identifier(name)))


def encoded(path: Path, tenant_id: int) -> list[PreparedBatch]:
    """The rows of the file in batches as the pipeline makes them, encoded."""
    decoder = Decoder(SETTINGS.decode, load_price_book(), SETTINGS.ingest.dead_letter_bytes_per_flush_max)
    rules = TenantRules(tenant_id, "bench", None, ())
    received_us = int(events.START.timestamp() * 1_000_000) + 3_600_000_000
    batches = []
    for body in events.messages(path.read_bytes(), BATCH_EVENTS):
        batch = decoder.decode([Message(rules, received_us, body, format="ndjson")])
        batch.events()
        batches.append(batch)
    return batches


def timed_load(running: Server, path: Path, name: str, count: int, *, close: bool = False) -> float:
    """Rows a second of the pipeline, from the open file to the last commit; with `close`, to the last closed day."""
    with fresh_database(running, name) as (hub, tenant):
        source = FileSource(str(path), SETTINGS.ingest, SETTINGS.decode)
        report = load_sources(hub, [source], tenant, any_age=True, close=close, show=False)
        if report.count.stored != count:
            raise SystemExit(f"stored {report.count.stored} of {count} events: not the same work")
        if report.history is not None and not report.history.complete:
            raise SystemExit("the history is not closed: not the same work")
        return count / (report.seconds + (report.history.after_load_s if report.history else 0.0))


def timed_copy(running: Server, batches: list[PreparedBatch], name: str) -> float:
    """Rows a second of the bare COPY, from the connection to the last commit."""
    copy_events = statements("flush")["copy_events"]
    with fresh_database(running, name) as (hub, _):
        started = time.perf_counter()
        with connect(hub.dsn("hub_writer"), "bench-copy") as conn:
            for batch in batches:
                days = [EPOCH + timedelta(days=day) for day in batch.batch.days()]
                conn.execute(statements("flush")["ensure_days"], {"days": days})
                with conn.transaction():
                    copy_in(conn, copy_events, batch.events())
        return sum(len(batch.batch) for batch in batches) / (time.perf_counter() - started)


def measure(path: Path, count: int, rounds: int) -> dict[str, float | int]:
    """Both, in turn, as flat figures."""
    seen: list[Round] = []
    batches = encoded(path, tenant_id=1)
    with server() as running:
        for number in range(rounds):
            copy = timed_copy(running, batches, f"copy_{number}")
            load = timed_load(running, path, f"load_{number}", count)
            seen.append(Round(load, copy))
            print(
                f"round {number + 1}/{rounds}  load {load:9,.0f} rows/s  bare COPY {copy:9,.0f} rows/s",
                flush=True,
            )
        months = history_file(count, HISTORY_DAYS)
        left_open = timed_load(running, months, "history_open", count)
        closed = timed_load(running, months, "history", count, close=True)
    return {
        "events": count,
        "rounds": rounds,
        "bytes_per_event": round(path.stat().st_size / count, 1),
        "cores": len(os.sched_getaffinity(0)),
        "rows_per_s": round(statistics.median(one.load for one in seen)),
        "copy_rows_per_s": round(statistics.median(one.copy for one in seen)),
        "ratio_to_copy": round(statistics.median(one.load / one.copy for one in seen), 3),
        "history_rows_per_s": round(closed),
        "history_left_open_rows_per_s": round(left_open),
        "history_ratio_to_left_open": round(closed / left_open, 3),
    }


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    path = events.ndjson_file(args.events, projects=PROJECTS)
    figures = measure(path, args.events, args.rounds)
    command = f"python -m benchmarks.load --events {args.events} --rounds {args.rounds}"
    for name, value in figures.items():
        print(f"{name:28} {value}")
    if not args.dry_run:
        print(f"written to {write_result('load', command, figures)}")


if __name__ == "__main__":
    main()
