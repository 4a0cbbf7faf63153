"""Columns: the same questions of the same data as rows and as columns, and what late rows cost in columns.

    HUB_BENCH_DSN=… python -m benchmarks.columns [--tenants N] [--events N] [--asked N]

HUB_BENCH_DSN is a superuser's address of a TimescaleDB server on this machine. Writes `results/columns.json`. Each
tenant has a month of events, loaded and closed as `hub load --history` does it. Questions are asked of one of them, as
hub_reader through the barrier views, first while all is rows, then after every chunk became columns; the answers must
be the same. `…_ms` are medians of server CPU, bytes a row count indexes. `resend_…`, `late_…`: the whole of `hub load`
of that many events, known and new, spread over the month, and the closer that adds the late ones; of one tenant into
rows, of another into columns, which are compacted in the end.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import islice
from pathlib import Path

import psycopg

from analytics_hub.cli.loading import load_sources
from analytics_hub.domain.tenant import NewTenant, Tenant
from analytics_hub.storage.closer import CloserLimits, close_due
from analytics_hub.storage.connections import connect
from analytics_hub.storage.statements import statements
from analytics_hub.storage.tenant_store import PostgresTenantStore
from benchmarks.backfill import history_file
from benchmarks.columns_questions import DAYS, END, QUESTIONS, answer, timed_ms
from benchmarks.machine import write_result
from benchmarks.query_server import Place
from benchmarks.scratch import is_timescale_named, scratch_place, table_size
from ingest.file_source import FileSource

TENANTS, EVENTS, ASKED, LATE = 4, 60_000, 20, 2_000
PROJECTS = 3
LATE_SEED = 9
TABLES = ("usage_events", "usage_1m", "usage_1h", "usage_1h_facet")
LIMITS = CloserLimits(statistics_hours=1_000_000)
_CHUNKS = """
    SELECT format('%%I.%%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks
    WHERE hypertable_schema = 'hub' AND hypertable_name = %s AND NOT is_compressed ORDER BY range_start
"""
Figures = dict[str, float | int]


def loaded(place: Place, path: Path, tenant: Tenant, *, close: bool) -> tuple[float, int, int]:
    """Seconds of the load, events stored and events known already."""
    hub = place.hub()
    source = FileSource(str(path), hub.settings.ingest, hub.settings.decode)
    report = load_sources(hub, [source], tenant, any_age=True, close=close, show=False)
    if close and (report.history is None or not report.history.complete):
        raise SystemExit(f"the history is not closed, not the same work: {report.history}")
    return report.seconds, report.count.stored, report.count.duplicate


def filled(place: Place, tenants: int, events: int) -> list[Tenant]:
    """Tenants with a month of the same events each."""
    with connect(place.hub().dsn("hub_maint"), "bench") as conn:
        store = PostgresTenantStore(conn)
        made = [store.create(NewTenant(f"bench-{number}")) for number in range(tenants)]
    for number, tenant in enumerate(made):
        loaded(place, history_file(events, DAYS, projects=PROJECTS), tenant, close=True)
        print(f"  tenant {number + 1}/{tenants} is loaded and closed", flush=True)
    return made


def to_columns(place: Place) -> Figures:
    """Every chunk of the tables that are measured; seconds by table."""
    figures: Figures = {}
    with psycopg.connect(place.admin, autocommit=True) as admin:
        for table in TABLES:
            began_s = time.perf_counter()
            for (chunk,) in admin.execute(_CHUNKS, [table]).fetchall():
                admin.execute("SELECT compress_chunk(%s::regclass)", [chunk])
            figures[f"converting_{table}_s"] = round(time.perf_counter() - began_s, 2)
    return figures


def questions_ms(place: Place, tenant: Tenant, asked: int) -> dict[str, float]:
    """Medians, of tables that are vacuumed and known to the planner."""
    with psycopg.connect(place.admin, autocommit=True) as admin:
        admin.execute("VACUUM (ANALYZE)")
    with connect(place.hub().dsn("hub_reader"), "bench-columns") as conn:
        conn.prepare_threshold = None  # as the readers of the API have it
        for question in QUESTIONS:
            answer(conn, tenant, question)
        return {
            question: statistics.median(timed_ms(conn, tenant, question, asked)) for question in QUESTIONS
        }


def answers(place: Place, tenant: Tenant) -> dict[str, list[tuple[object, ...]]]:
    with connect(place.hub().dsn("hub_reader"), "bench-columns") as conn:
        return {question: answer(conn, tenant, question) for question in QUESTIONS}


def bytes_a_row(place: Place) -> dict[str, float]:
    sizes = {table: table_size(place, table) for table in TABLES}
    return {table: size / rows for table, (rows, size) in sizes.items()}


def late(place: Place, tenant: Tenant, events: int, count: int) -> dict[str, float]:
    """Seconds: of events that are known, of events that are new, and of closing their hours."""
    known = history_file(events, DAYS, projects=PROJECTS)
    resent = known.with_suffix(f".{count}")
    with known.open("rb") as lines:
        resent.write_bytes(b"".join(islice(lines, 0, count * (events // count), events // count)))
    resend_s, stored, duplicate = loaded(place, resent, tenant, close=False)
    if (stored, duplicate) != (0, count):
        raise SystemExit(f"{stored} resent events were stored, {duplicate} known: not the same work")
    late_s, stored, _ = loaded(place, history_file(count, DAYS, LATE_SEED, PROJECTS), tenant, close=False)
    if stored != count:
        raise SystemExit(f"{stored} of {count} late events were stored: not the same work")
    with connect(place.hub().dsn("hub_maint"), "bench-columns") as conn:
        began_s = time.perf_counter()
        if not close_due(conn, END, tenant.tenant_id, LIMITS).complete:
            raise SystemExit("the late events are not closed: not the same work")
        return {"resend": resend_s, "late": late_s, "late_closing": time.perf_counter() - began_s}


def compacted(place: Place) -> Figures:
    """As retention does it, of every chunk with late rows."""
    retention = statements("retention")
    with connect(place.hub().dsn("hub_maint"), "bench-columns") as conn:
        began_s = time.perf_counter()
        chunks = conn.execute(retention["loose_chunks"], {"bytes_min": 0}).fetchall()
        for (chunk,) in chunks:
            conn.execute(retention["compact_chunk"], {"chunk": chunk})
        return {
            "compacted_chunks": len(chunks),
            "compacting_s": round(time.perf_counter() - began_s, 2),
        }


def measure(place: Place, tenants: int, events: int, asked: int, late_count: int) -> Figures:
    """Rows, then columns, of the same data; what comes late goes to a tenant of its own each time."""
    asker, as_rows, as_columns, *_ = filled(place, tenants, events)
    late_rows = late(place, as_rows, events, late_count)
    figures: Figures = {f"rows_{table}": table_size(place, table)[0] for table in TABLES}
    rows_ms, rows_bytes, said = questions_ms(place, asker, asked), bytes_a_row(place), answers(place, asker)
    figures |= to_columns(place)
    columns_ms, columns_bytes = questions_ms(place, asker, asked), bytes_a_row(place)
    if said != answers(place, asker):
        raise SystemExit("columns answer something else than rows did")
    figures |= _pairs("ms", rows_ms, columns_ms, 2) | _pairs("bytes_a_row", rows_bytes, columns_bytes, 0)
    figures |= _pairs("s", late_rows, late(place, as_columns, events, late_count), 2)
    return figures | compacted(place)


def _pairs(unit: str, rows: dict[str, float], columns: dict[str, float], digits: int) -> Figures:
    out: Figures = {}
    for name, before in rows.items():
        out[f"{name}_{unit}_rows"] = round(before, digits)
        out[f"{name}_{unit}_columns"] = round(columns[name], digits)
    return out


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=TENANTS, help="at least three")
    parser.add_argument("--events", type=int, default=EVENTS, help="of each tenant")
    parser.add_argument("--asked", type=int, default=ASKED, help="how often each question is asked")
    parser.add_argument(
        "--late", type=int, default=LATE, help="how many events are sent again, and come late"
    )
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    if not is_timescale_named():
        raise SystemExit("HUB_BENCH_DSN must name a superuser's address of a server with TimescaleDB")
    with scratch_place("columns") as place:
        figures: Figures = {
            "tenants": args.tenants,
            "events_each": args.events,
            "days": DAYS,
            "asked": args.asked,
        }
        figures |= measure(place, args.tenants, args.events, args.asked, args.late)
    command = (
        f"python -m benchmarks.columns --tenants {args.tenants} --events {args.events} --asked {args.asked}"
    )
    for name, value in figures.items():
        print(f"{name:44} {value}")
    if not args.dry_run:
        print(f"written to {write_result('columns', f'{command} --late {args.late}', figures)}")


if __name__ == "__main__":
    main()
