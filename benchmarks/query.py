"""Seven questions over a hundred million events, through the HTTP API, beside DuckDB on Parquet of the same events.

    python -m benchmarks.query [--events N] [--queries N] [--keep] [--reuse NAME]

With HUB_BENCH_DSN (a superuser's address of a server with TimescaleDB) it writes `results/query.json`; without, on a
plain server of its own, `results/query_plain.json`. It makes a database and drops it; `--keep` leaves it under a name
that `--reuse` takes. Parts: `query_data.py` the events, `query_rows.py` what flushes write of them, `query_build.py`
the database, `query_questions.py` what is asked, `query_load.py` by whom, `query_check.py` whether the answer is right,
`query_duckdb.py` the peer. Every question is asked one by one of a warm server, then all of them mixed, 20 a second,
from 8 clients. A sample of the answers is held against exact sums; a difference fails the benchmark.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psycopg
from psycopg import sql

from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import connect
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.storage.migrate import migrate
from analytics_hub.tenancy.issue import issue_key
from benchmarks.http_client import quantile_ms
from benchmarks.machine import write_result
from benchmarks.query_build import Builder, Built, parquet_folder
from benchmarks.query_check import check
from benchmarks.query_columnstore import bytes_per_event
from benchmarks.query_data import TENANTS, World, make_world
from benchmarks.query_duckdb import Peer
from benchmarks.query_load import on_time, one_by_one
from benchmarks.query_questions import FILTERED, LARGEST, QUESTIONS, Ask, asks
from benchmarks.query_server import Place, open_place, serving

EVENTS, EVENTS_PLAIN = 100_000_000, 10_000_000
CLIENTS, PER_S = 8, 20.0
WARM = 200
"""Of each question before it is measured: what is measured is a server that has run for a while. Every tenant's rows
must have been read once, or the slowest of 200 answers is the disk's.
"""
_WARM_SEED, _SEED, _OPEN_SEED = 1, 2, 3
Figures = dict[str, float | int]


def main() -> None:
    """Build or take a database, measure, write the result file."""
    args = _arguments()
    name = args.reuse or f"bench_query_{os.getpid()}"
    folder = Path(tempfile.gettempdir()) / f"llm-analytics-hub-bench-{os.getuid()}" / name
    try:
        with open_place(name, folder) as place:
            try:
                figures = _figures(place, folder, args)
            finally:
                if not (args.keep or args.reuse):
                    _drop(place)
    finally:
        if not (args.keep or args.reuse):
            shutil.rmtree(folder, ignore_errors=True)
    for figure, value in figures.items():
        print(f"{figure:36} {value}")
    if args.keep:
        print(f"kept: --reuse {name}")
    if not args.dry_run:
        result = "query" if place.timescale else "query_plain"
        command = f"python -m benchmarks.query --events {figures['events']} --queries {args.queries}"
        print(f"written to {write_result(result, command, figures)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, help=f"default {EVENTS}, on plain PostgreSQL {EVENTS_PLAIN}")
    parser.add_argument("--queries", type=int, default=200, help="of each question")
    parser.add_argument(
        "--peer-queries", type=int, default=20, help="of each question to DuckDB, which takes longer"
    )
    parser.add_argument(
        "--checked", type=int, default=10, help="answers of each question held against DuckDB"
    )
    parser.add_argument("--questions", default=",".join((*QUESTIONS, *FILTERED)))
    parser.add_argument("--keep", action="store_true", help="leave the database for --reuse")
    parser.add_argument("--reuse", metavar="NAME", help="measure a database that was kept; it stays")
    parser.add_argument("--build-only", action="store_true", help="with --keep: build and measure nothing")
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    return parser.parse_args()


def _figures(place: Place, folder: Path, args: argparse.Namespace) -> Figures:
    events = args.events or (EVENTS if place.timescale else EVENTS_PLAIN)
    account = folder / "built.json"
    if args.reuse:
        built: Figures = orjson.loads(account.read_bytes())
        world = make_world(int(built["events"]))
        migrate(place.hub().dsn("hub_owner"))
    else:
        folder.mkdir(parents=True, exist_ok=True)
        world = make_world(events)
        built = _account(place, world, Builder(place, world, folder).build())
        account.write_bytes(orjson.dumps(built))
    if args.build_only:
        return built
    questions = args.questions.split(",")
    measured = _measured(place, world, Peer(parquet_folder(folder)), questions, args)
    return _worst(measured) | measured | built


def _account(place: Place, world: World, built: Built) -> Figures:
    return {
        "events": world.events,
        "raw_rows": built.raw_rows,
        "delta_rows": built.delta_rows,
        "series": world.series.height,
        "build_s": built.build_s,
        **bytes_per_event(place, world.events, built.raw_rows),
    }


def _measured(
    place: Place, world: World, peer: Peer, questions: list[str], args: argparse.Namespace
) -> Figures:
    """One by one, then mixed, then the sample is checked, then the peer runs."""
    figures: Figures = {}
    keys = _keys(place)
    promised = [question for question in questions if question in QUESTIONS]
    with serving(place) as port:
        one = _OneByOne(port, keys, world, args.checked)
        for question in promised:
            figures |= one.ask(question, args.queries)
        mixed = [ask for question in promised for ask in asks(world, question, args.queries, _OPEN_SEED)]
        random.Random(_OPEN_SEED).shuffle(mixed)
        seen = on_time(port, keys, mixed, PER_S, CLIENTS)
        for question in promised:
            figures |= _quantiles(f"open_loop_{question}", seen.seconds(question))
        # Last: they read so much else that they would leave the server cold.
        for question in [one for one in questions if one not in promised]:
            figures |= one.ask(question, max(1, args.queries // 4))
    for ask, body in one.bodies:
        check(ask, body, peer)
    figures["answers_checked"] = len(one.bodies)
    for question in promised:
        figures |= _quantiles(
            f"duckdb_{question}", peer.timed(asks(world, question, args.peer_queries, _SEED))
        )
    return figures


@dataclass
class _OneByOne:
    """One client of a server that is warm for what it asks."""

    port: int
    keys: dict[int, str]
    world: World
    checked: int
    bodies: list[tuple[Ask, bytes]] = field(default_factory=list)

    def ask(self, question: str, count: int) -> Figures:
        one_by_one(self.port, self.keys, asks(self.world, question, min(WARM, count), _WARM_SEED), 0)
        seen = one_by_one(self.port, self.keys, asks(self.world, question, count, _SEED), self.checked)
        self.bodies += seen.bodies
        largest = _quantiles(f"{question}_largest", seen.seconds(question, LARGEST))
        return _quantiles(question, seen.seconds(question)) | largest


def _quantiles(name: str, seconds: list[float]) -> Figures:
    """p50 and p99; nothing without answers, such as those of the largest tenant in a short run."""
    if not seconds:
        return {}
    p50_ms, p99_ms = quantile_ms(seconds, 0.5), quantile_ms(seconds, 0.99)
    print(f"  {name:28} p50 {p50_ms:9.1f} ms  p99 {p99_ms:9.1f} ms  of {len(seconds)}", flush=True)
    return {f"{name}_p50_ms": p50_ms, f"{name}_p99_ms": p99_ms}


def _worst(measured: Figures) -> Figures:
    """Over the seven questions; p99 both one by one and mixed."""
    one = [question for question in QUESTIONS if f"{question}_p99_ms" in measured]
    both = [*one, *(f"open_loop_{name}" for name in one)]
    return {
        "worst_p99_ms": max(measured[f"{name}_p99_ms"] for name in both),
        "worst_p50_ms": max(measured[f"{name}_p50_ms"] for name in one),
    }


def _keys(place: Place) -> dict[int, str]:
    with connect(place.hub().dsn("hub_maint"), "bench") as conn:
        book = PostgresKeyBook(conn)
        return {
            number: issue_key(book, TenantId(number), [Scope.QUERY]).text for number in range(1, TENANTS + 1)
        }


def _drop(place: Place) -> None:
    with psycopg.connect(place.admin_dsn("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(place.name)))


if __name__ == "__main__":
    main()
