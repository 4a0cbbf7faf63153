"""A database for one benchmark, dropped at its end, and how large its tables are.

In: HUB_BENCH_DSN (a superuser's address of a TimescaleDB server on this machine) or nothing: then a plain server of our
own. Out: a migrated `Place` whose background jobs stand still.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from analytics_hub.storage.migrate import bootstrap, migrate
from benchmarks.load import server
from benchmarks.query_columnstore import pause_jobs, table_bytes
from benchmarks.query_server import Place, open_place

_DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")


@contextmanager
def scratch_place(benchmark: str) -> Iterator[Place]:
    """On the server that HUB_BENCH_DSN names, else on one of our own."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    folder.chmod(0o711)
    try:
        with open_place(_name(benchmark), folder) as place, _migrated(place):
            yield place
    finally:
        shutil.rmtree(folder)


@contextmanager
def plain_place(benchmark: str) -> Iterator[Place]:
    """On a server of our own, whatever HUB_BENCH_DSN says."""
    with server() as running:
        place = Place(running.dsn, running.admin_dsn, _name(benchmark), timescale=False)
        with _migrated(place):
            yield place


def is_timescale_named() -> bool:
    return bool(os.environ.get("HUB_BENCH_DSN"))


def table_size(place: Place, table: str) -> tuple[int, int]:
    """Rows, and bytes with indexes and TOAST."""
    with psycopg.connect(place.admin, autocommit=True) as admin:
        counted = admin.execute(
            sql.SQL("SELECT count(*) FROM hub.{}").format(sql.Identifier(table))
        ).fetchone()
        rows = int(counted[0]) if counted else 0
        return rows, table_bytes(admin, table, timescale=place.timescale)


@contextmanager
def _migrated(place: Place) -> Iterator[None]:
    try:
        bootstrap(place.admin_dsn("postgres"), place.name)
        migrate(place.hub().dsn("hub_owner"))
        pause_jobs(place)
        yield
    finally:
        with psycopg.connect(place.admin_dsn("postgres"), autocommit=True) as admin:
            admin.execute(_DROP.format(sql.Identifier(place.name)))


def _name(benchmark: str) -> str:
    return f"bench_{benchmark}_{os.getpid()}"
