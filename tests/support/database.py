"""A real database for a test: one server a session, one migrated template, one copy of it a test.

In: the fixtures of tests/conftest.py. Out: `TestDatabase`, addresses and connections by role.
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from analytics_hub.storage.migrate import bootstrap, migrate, secure_database

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """One database of one test. Every address is for one role; `admin_dsn` is the superuser's, for planting holes."""

    admin_dsn: str
    name: str

    def dsn(self, role: str) -> str:
        return make_conninfo(self.admin_dsn, user=role)

    @property
    def owner_dsn(self) -> str:
        return self.dsn("hub_owner")

    @property
    def writer_dsn(self) -> str:
        return self.dsn("hub_writer")

    @property
    def maint_dsn(self) -> str:
        return self.dsn("hub_maint")

    @property
    def reader_dsn(self) -> str:
        return self.dsn("hub_reader")

    def connect(self, role: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
        """A connection of this role, to be closed by a `with` block."""
        return psycopg.connect(self.dsn(role), autocommit=autocommit)

    def add_tenant(self, slug: str, *, late_horizon: str | None = "7 days") -> int:
        """Makes a tenant and gives its number."""
        with self.connect("hub_maint") as conn:
            row = conn.execute(
                "INSERT INTO hub.tenants (slug, late_horizon) VALUES (%s, %s) RETURNING tenant_id",
                [slug, late_horizon],
            ).fetchone()
        assert row is not None
        return int(row[0])


def unique_name(prefix: str) -> str:
    """A database name that no other process on this server uses."""
    return f"{prefix}_{os.getpid()}_{next(_numbers)}"


def make_template(admin_dsn: str) -> Database:
    """An empty, migrated database that copies are made of."""
    name = unique_name("template")
    bootstrap(admin_dsn, name)
    database = Database(make_conninfo(admin_dsn, dbname=name), name)
    migrate(database.owner_dsn)
    return database


def make_timescale_template(admin_dsn: str) -> Database:
    """As `make_template`, where TimescaleDB's workers sit in every database: nobody may connect to this one any more,
    or it could not be copied. Its jobs are paused: a test runs them by hand, so that none comes in between."""
    database = make_template(admin_dsn)
    with database.connect("postgres") as conn:
        conn.execute("SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs")
        conn.execute("SELECT _timescaledb_functions.stop_background_workers()")
    with psycopg.connect(admin_dsn, autocommit=True) as conn:
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false")
        conn.execute(statement.format(sql.Identifier(database.name)))
    return database


@contextmanager
def copy_of(template: Database) -> Iterator[Database]:
    """A copy for one test, dropped at the end even when the test left connections open."""
    name = unique_name("test")
    server_dsn = make_conninfo(template.admin_dsn, dbname="postgres")
    with psycopg.connect(server_dsn, autocommit=True) as conn:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        conn.execute(statement.format(sql.Identifier(name), sql.Identifier(template.name)))
    secure_database(server_dsn, name)
    try:
        yield Database(make_conninfo(template.admin_dsn, dbname=name), name)
    finally:
        drop(server_dsn, name)


def drop(server_dsn: str, name: str) -> None:
    with psycopg.connect(server_dsn, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
