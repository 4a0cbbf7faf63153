"""Connections: bounds that reach the server, one snapshot of one tenant, and no strong roles."""

import asyncio

import psycopg
import pytest

from analytics_hub.domain.errors import Broken
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import (
    Timeouts,
    assert_serving_role,
    connect,
    connect_async,
    tenant_transaction,
    tenant_transaction_async,
)
from tests.support.database import Database
from tests.support.deltas import add_series


def test_a_connection_carries_its_name_and_bounds(db: Database) -> None:
    timeouts = Timeouts(statement_ms=1234, lock_ms=567, idle_in_transaction_ms=8910)
    with connect(db.reader_dsn, "hub test", timeouts) as conn:
        row = conn.execute(
            "SELECT current_setting('application_name'), current_setting('statement_timeout'), "
            "current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')"
        ).fetchone()
    assert row == ("hub test", "1234ms", "567ms", "8910ms")


def test_a_statement_that_takes_too_long_is_ended(db: Database) -> None:
    with (
        connect(db.reader_dsn, "hub test", Timeouts(statement_ms=50)) as conn,
        pytest.raises(psycopg.errors.QueryCanceled),
    ):
        conn.execute("SELECT pg_sleep(30)")


def test_a_tenant_transaction_is_one_read_only_snapshot(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    count = "SELECT count(*) FROM hub_read.series"
    with connect(db.reader_dsn, "hub test") as conn, db.connect("hub_writer") as writer:
        with tenant_transaction(conn, tenant) as cursor:
            assert cursor.execute(count).fetchone() == (0,)
            add_series(writer, tenant, 1)
            assert cursor.execute(count).fetchone() == (0,)
            assert cursor.execute("SHOW transaction_read_only").fetchone() == ("on",)
        with tenant_transaction(conn, tenant) as cursor:
            assert cursor.execute(count).fetchone() == (1,)


def test_a_failed_tenant_transaction_leaves_the_connection_usable(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    with connect(db.reader_dsn, "hub test") as conn:
        with pytest.raises(psycopg.errors.UndefinedTable), tenant_transaction(conn, tenant) as cursor:
            cursor.execute("SELECT 1 FROM hub_read.nothing")
        with tenant_transaction(conn, tenant) as cursor:
            assert cursor.execute("SELECT hub.cur_tenant()").fetchone() == (tenant,)


def test_the_async_transaction_sets_the_tenant_too(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))

    async def ask() -> object:
        async with await connect_async(db.reader_dsn, "hub test") as conn:
            async with tenant_transaction_async(conn, tenant) as cursor:
                inside = await (await cursor.execute("SELECT hub.cur_tenant()")).fetchone()
            outside = await (await conn.execute("SELECT hub.cur_tenant()")).fetchone()
            return inside, outside

    assert asyncio.run(ask()) == ((tenant,), (None,))


@pytest.mark.parametrize("tenant", [0, -1, True, None, "1", "1'; --"])
def test_what_is_no_tenant_number_is_refused(db: Database, tenant: object) -> None:
    with connect(db.reader_dsn, "hub test") as conn:
        with pytest.raises(Broken, match="positive int"), tenant_transaction(conn, tenant):  # type: ignore[arg-type]
            pass
        assert conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


@pytest.mark.parametrize("role", ["hub_reader", "hub_writer", "hub_maint"])
def test_a_weak_role_may_serve(db: Database, role: str) -> None:
    with db.connect(role) as conn:
        assert_serving_role(conn)


@pytest.mark.parametrize("role", ["postgres", "hub_owner"])
def test_a_strong_role_may_not_serve(db: Database, role: str) -> None:
    with db.connect(role) as conn, pytest.raises(Broken, match=role):
        assert_serving_role(conn)


def test_a_role_that_bypasses_row_security_may_not_serve(db: Database) -> None:
    with db.connect("postgres", autocommit=False) as admin:
        admin.execute("ALTER ROLE hub_reader BYPASSRLS")
        admin.execute("SET ROLE hub_reader")
        with pytest.raises(Broken, match="BYPASSRLS"):
            assert_serving_role(admin)
        admin.rollback()
