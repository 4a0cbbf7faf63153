"""Planning: what it costs the server to plan a question, on plain PostgreSQL and on TimescaleDB.

    python -m benchmarks.planning [--events N] [--asked N]

Writes `results/planning.json`. The same month of one tenant is loaded and closed on a plain server of our own and, with
HUB_BENCH_DSN (a superuser's address of a TimescaleDB server on this machine), there as well, old chunks as columns.
Every question is asked once through its use case; the statements that it sent are then planned and run again and again
as hub_reader. `…_plan_ms` is the planner's own clock (median), `…_statements_ms` the CPU of the whole of them, planning
included (mean). The plans depend on days and chunks, not on the number of rows.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg

from analytics_hub.cli.loading import load_sources
from analytics_hub.domain.tenant import NewTenant, Tenant
from analytics_hub.storage.connections import connect, tenant_transaction
from analytics_hub.storage.tenant_store import PostgresTenantStore
from benchmarks.backfill import history_file
from benchmarks.machine import write_result
from benchmarks.planning_questions import DAYS, END, QUESTIONS, Statement, statements_of
from benchmarks.query_columnstore import move_due_chunks
from benchmarks.query_server import Place
from benchmarks.scratch import is_timescale_named, plain_place, scratch_place
from benchmarks.server_cpu import ServerCpu
from ingest.file_source import FileSource

EVENTS, ASKED = 40_000, 50
Figures = dict[str, float | int]


def prepared(place: Place, events: int) -> Tenant:
    """A month of one tenant, closed, with chunks and statistics as they are in service."""
    hub = place.hub()
    with connect(hub.dsn("hub_maint"), "bench") as conn:
        tenant = PostgresTenantStore(conn).create(NewTenant("bench"))
    source = FileSource(str(history_file(events, DAYS)), hub.settings.ingest, hub.settings.decode)
    report = load_sources(hub, [source], tenant, any_age=True, close=True, show=False)
    if report.count.stored != events or report.history is None or not report.history.complete:
        raise SystemExit("the month is not stored and closed: not the same work")
    move_due_chunks(place, until=END + timedelta(days=30), now=END)
    with psycopg.connect(place.admin, autocommit=True) as admin:
        admin.execute("VACUUM (ANALYZE)")
    return tenant


def plan_ms(conn: psycopg.Connection[Any], tenant: Tenant, asked: list[Statement]) -> float:
    """The planner's clock over all statements of one question."""
    with tenant_transaction(conn, tenant.tenant_id) as cursor:
        return sum(_plan_ms(cursor, text, args) for text, args in asked)


def _plan_ms(cursor: psycopg.Cursor[Any], text: str, args: Mapping[str, object]) -> float:
    row = cursor.execute(f"EXPLAIN (FORMAT JSON, SUMMARY) {text}".encode(), args).fetchone()
    assert row is not None
    return float(row[0][0]["Planning Time"])


def run(conn: psycopg.Connection[Any], tenant: Tenant, asked: list[Statement]) -> None:
    """All statements of one question, to the last row."""
    with tenant_transaction(conn, tenant.tenant_id) as cursor:
        for text, args in asked:
            cursor.execute(text.encode(), args).fetchall()


def measure(place: Place, events: int, times: int) -> Figures:
    """Every question on one engine, and over all of them."""
    tenant = prepared(place, events)
    figures: Figures = {}
    asked = asyncio.run(statements_of(place.hub(), tenant.tenant_id))
    with connect(place.hub().dsn("hub_reader"), "bench-planning") as conn:
        conn.prepare_threshold = None  # as the readers of the API have it
        cpu = ServerCpu(conn)
        for name, statements in asked.items():
            run(conn, tenant, statements)  # catalogs and pages are read
            planned = [plan_ms(conn, tenant, statements) for _ in range(times)]
            before = cpu.seconds()
            for _ in range(times):
                run(conn, tenant, statements)
            whole_ms = (cpu.seconds() - before) * 1000 / times
            figures[f"{name}_plan_ms"] = round(statistics.median(planned), 2)
            figures[f"{name}_statements_ms"] = round(whole_ms, 2)
            print(f"  {name:28} plan {statistics.median(planned):6.2f} of {whole_ms:6.2f} ms", flush=True)
    plans = [figures[f"{name}_plan_ms"] for name in QUESTIONS]
    return {"least_plan_ms": min(plans), "most_plan_ms": max(plans), **figures}


def both(events: int, times: int) -> Figures:
    """Plain, and TimescaleDB where it is named."""
    figures: Figures = {"events": events, "days": DAYS, "asked": times}
    with plain_place("planning") as place:
        figures |= _named("plain", measure(place, events, times))
    if is_timescale_named():
        with scratch_place("planning") as place:
            figures |= _named("timescale", measure(place, events, times))
    return figures


def _named(engine: str, figures: Figures) -> Figures:
    return {f"{engine}_{name}": value for name, value in figures.items()}


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--asked", type=int, default=ASKED, help="how often each question is planned and run")
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    figures = both(args.events, args.asked)
    for name, value in figures.items():
        print(f"{name:52} {value}")
    if not args.dry_run:
        command = f"python -m benchmarks.planning --events {args.events} --asked {args.asked}"
        print(f"written to {write_result('planning', command, figures)}")


if __name__ == "__main__":
    main()
