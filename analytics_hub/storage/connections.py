"""Connections to PostgreSQL: bounded in every wait, named, and with the tenant set in one place.

In: an address and `Timeouts`. Out: psycopg connections and `tenant_transaction`, the one function that says which
tenant a transaction may see. A process that serves calls `assert_serving_role` before its first request. Addresses
come from `embedded.Server.dsn` or the settings.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from analytics_hub.domain.errors import Broken
from analytics_hub.domain.tenant import TenantId

# The lock comes before the snapshot (LOCK takes none). Retention drops and moves rows behind the back of all snapshots:
# it waits for whoever holds this lock, and whoever comes later sees what it did (docs/adr/0016-retention-by-drop.md).
_HOLD_RETENTION = "LOCK TABLE {schema}.rollup_retention IN ACCESS SHARE MODE"
_BEGIN_READ = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_HOLD_RETENTION.format(schema='hub_read')}"
# The transaction whose snapshot it is holds that lock for both.
_BEGIN_BESIDE = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '{}'"
_SNAPSHOT = re.compile(r"[0-9A-F]{1,16}(-[0-9A-F]{1,16}){2}")
BEGIN_SNAPSHOT = f"BEGIN ISOLATION LEVEL REPEATABLE READ; {_HOLD_RETENTION.format(schema='hub')}"
"""For hub_maint: one snapshot to write by, from which no row vanishes either."""
# LOCAL: the setting ends with the transaction, however that ends. In the text, because a statement with arguments would
# be a round trip of its own.
_SET_TENANT = "SET LOCAL hub.tenant_id = '{}'"
_WHO = """
    SELECT current_user, r.rolsuper, r.rolbypassrls,
           EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = 'hub' AND pg_has_role(current_user, c.relowner, 'MEMBER'))
    FROM pg_roles r WHERE r.rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a connection may wait for what. The server's bounds end a statement, the client's a silent server."""

    connect_s: int = 10
    statement_ms: int = 60_000
    lock_ms: int = 5_000
    idle_in_transaction_ms: int = 60_000
    silent_peer_ms: int = 30_000  # unacknowledged bytes on TCP; a unix socket has no silent peer


def conninfo(dsn: str, application_name: str, timeouts: Timeouts, *, search_path: str = "") -> str:
    """The address with our name and bounds in it; for pools, which take an address."""
    bounds: dict[str, int | str] = {
        "statement_timeout": timeouts.statement_ms,
        "lock_timeout": timeouts.lock_ms,
        "idle_in_transaction_session_timeout": timeouts.idle_in_transaction_ms,
    }
    if search_path:
        bounds["search_path"] = search_path
    options = " ".join(f"-c {name}={value}" for name, value in bounds.items())
    return make_conninfo(
        dsn,
        application_name=application_name,
        connect_timeout=timeouts.connect_s,
        options=options,
        tcp_user_timeout=timeouts.silent_peer_ms,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )


def connect(dsn: str, application_name: str, timeouts: Timeouts | None = None) -> psycopg.Connection[Any]:
    """A connection in autocommit mode: transactions are opened by name, never by accident."""
    address = conninfo(dsn, application_name, timeouts or Timeouts())
    return psycopg.connect(address, autocommit=True)


async def connect_async(
    dsn: str, application_name: str, timeouts: Timeouts | None = None
) -> psycopg.AsyncConnection[Any]:
    """As `connect`, for asyncio."""
    address = conninfo(dsn, application_name, timeouts or Timeouts())
    return await psycopg.AsyncConnection.connect(address, autocommit=True)


@contextmanager
def tenant_transaction(conn: psycopg.Connection[Any], tenant_id: TenantId) -> Iterator[psycopg.Cursor[Any]]:
    """One read-only snapshot of one tenant. Needs a connection in autocommit mode without an open transaction."""
    try:
        conn.execute(_begin(tenant_id))
        with conn.cursor() as cursor:
            yield cursor
        conn.execute("COMMIT")
    except BaseException:
        if not conn.closed:
            conn.execute("ROLLBACK")
        raise


@asynccontextmanager
async def tenant_transaction_async(
    conn: psycopg.AsyncConnection[Any], tenant_id: TenantId, *, snapshot: str | None = None
) -> AsyncIterator[psycopg.AsyncCursor[Any]]:
    """As `tenant_transaction`, for asyncio. `snapshot`: an exported one, of a transaction that outlives this one."""
    try:
        await conn.execute(_begin(tenant_id, snapshot))
        async with conn.cursor() as cursor:
            yield cursor
        await conn.execute("COMMIT")
    except BaseException:
        if not conn.closed:
            await conn.execute("ROLLBACK")
        raise


@contextmanager
def tenant_writing(conn: psycopg.Connection[Any], tenant_id: TenantId) -> Iterator[psycopg.Cursor[Any]]:
    """One transaction that may write what its role may, of one tenant. Needs a connection in autocommit mode."""
    with conn.transaction(), conn.cursor() as cursor:
        cursor.execute(_set_to_write(tenant_id))
        yield cursor


@asynccontextmanager
async def tenant_writing_async(
    conn: psycopg.AsyncConnection[Any], tenant_id: TenantId
) -> AsyncIterator[psycopg.AsyncCursor[Any]]:
    """As `tenant_writing`, for asyncio."""
    async with conn.transaction(), conn.cursor() as cursor:
        await cursor.execute(_set_to_write(tenant_id))
        yield cursor


def assert_serving_role(conn: psycopg.Connection[Any]) -> None:
    """Broken when this connection could step over the barrier: superuser, owner of tables, or BYPASSRLS."""
    row = conn.execute(_WHO).fetchone()
    if row is None:
        raise Broken("unsafe_role", "the server does not know the role of this connection")
    role, is_super, bypasses, owns = row
    for fault, word in ((is_super, "is a superuser"), (bypasses, "has BYPASSRLS"), (owns, "owns the tables")):
        if fault:
            raise Broken("unsafe_role", f"role {role} {word}: serve as hub_reader, hub_writer or hub_maint")


def _begin(tenant_id: TenantId, snapshot: str | None = None) -> bytes:
    """As bytes: the driver takes a str only when it is a literal of the source."""
    begin = _BEGIN_READ
    if snapshot is not None:
        assert _SNAPSHOT.fullmatch(snapshot)  # the server's own word
        begin = _BEGIN_BESIDE.format(snapshot)
    return f"{begin}; {_SET_TENANT.format(_checked(tenant_id))}".encode()


def _set_to_write(tenant_id: TenantId) -> bytes:
    """The reader's transactions are read-only unless one says otherwise, before it does anything."""
    return f"SET TRANSACTION READ WRITE; {_SET_TENANT.format(_checked(tenant_id))}".encode()


def _checked(tenant_id: TenantId) -> str:
    """The setting's text. A number, not a string: whatever else came here would be a hole."""
    if type(tenant_id) is not int or tenant_id <= 0:
        raise Broken("bad_tenant_id", f"a tenant's number is a positive int, not {tenant_id!r}")
    return str(tenant_id)
