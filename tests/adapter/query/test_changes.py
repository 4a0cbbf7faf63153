"""Notices of commits on a real database: told after them, heard by those they concern, and naming nobody."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

import psycopg
import pytest

from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import NotFound
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.change_listener import PostgresChangeListener, open_change_listener
from analytics_hub.storage.connections import connect
from analytics_hub.storage.reader_pool import open_reader_pool
from ingest.postgres.announce import AnnouncingSink, ChangeAnnouncer
from tests.support.database import Database
from tests.support.ingest import PostgresStored, event, prepared
from tests.support.metrics import Counted

WAIT_S = 120.0


@asynccontextmanager
async def listening(db: Database) -> AsyncIterator[PostgresChangeListener]:
    async with (
        open_reader_pool(
            db.reader_dsn,
            "hub-test",
            connections_min=1,
            connections_max=2,
            wait_s=WAIT_S,
            connect_s=60,
            statement_timeout_ms=60_000,
            work_mem_mb=16,
        ) as pool,
        open_change_listener(db.reader_dsn, "hub-test-listener", pool, connect_s=60, check_s=60) as changes,
    ):
        yield changes


class Heard:
    """Counts calls; the test waits for the next one."""

    def __init__(self) -> None:
        self.times = 0
        self._again = asyncio.Event()

    def __call__(self) -> None:
        self.times += 1
        self._again.set()

    def so_far(self) -> int:
        """How many; the next one is waited for from here."""
        self._again.clear()
        return self.times

    async def again(self) -> None:
        async with asyncio.timeout(WAIT_S):
            await self._again.wait()
        self._again.clear()


@pytest.fixture
def announcer(db: Database) -> Iterator[ChangeAnnouncer]:
    made = ChangeAnnouncer(
        partial(connect, db.writer_dsn, "hub-test-announcer"), SystemClock(), every_s=0.01, wait_s=60
    )
    yield made
    made.close()


def end_sessions(db: Database, application_name: str) -> int:
    """As a server that restarts would."""
    with db.connect("postgres") as conn:
        statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
        return conn.execute(statement, [application_name]).rowcount


def live_id(db: Database, tenant: int) -> str:
    with db.connect("hub_maint") as conn:
        row = conn.execute("SELECT live_id FROM hub.tenants WHERE tenant_id = %s", [tenant]).fetchone()
    assert row is not None
    return str(row[0])


def test_a_flush_is_heard_by_whoever_follows_its_tenant_and_by_no_other(
    db: Database, announcer: ChangeAnnouncer
) -> None:
    stored = PostgresStored(db)
    other = db.add_tenant("other")
    sink = AnnouncingSink(stored.sink, announcer)

    async def main() -> None:
        own, others = Heard(), Heard()
        async with (
            listening(db) as changes,
            changes.following(TenantId(stored.tenant_id), own),
            changes.following(TenantId(other), others),
        ):
            await own.again()  # it listens now, and has called whoever followed by then
            before = others.so_far()
            await asyncio.to_thread(sink.flush, prepared([event(1)], stored.tenant_id))
            await own.again()
            announcer.changed([other])
            await others.again()
            assert others.times == before + 1

    asyncio.run(main())
    stored.close()


def test_a_listener_whose_connection_died_listens_again_and_says_that_something_may_be_missing(
    db: Database, announcer: ChangeAnnouncer
) -> None:
    tenant = db.add_tenant("acme")

    async def main() -> None:
        heard = Heard()
        async with listening(db) as changes, changes.following(TenantId(tenant), heard):
            await heard.again()
            assert await asyncio.to_thread(end_sessions, db, "hub-test-listener") == 1
            await heard.again()
            announcer.changed([tenant])
            await heard.again()
            assert heard.times == 3

    asyncio.run(main())


def test_an_announcer_whose_connection_died_forgets_one_notice_and_goes_on(
    db: Database, announcer: ChangeAnnouncer
) -> None:
    tenant = db.add_tenant("acme")
    counted = Counted()

    async def main() -> None:
        heard = Heard()
        async with listening(db) as changes, changes.following(TenantId(tenant), heard):
            await heard.again()
            announcer.changed([tenant])
            await heard.again()
            assert await asyncio.to_thread(end_sessions, db, "hub-test-announcer") == 1
            announcer.changed([tenant])
            while not counted.since("hub_changes_untold_total"):
                await asyncio.sleep(0.01)
            announcer.changed([tenant])
            await heard.again()

    asyncio.run(main())


def test_a_notice_names_no_tenant(db: Database, announcer: ChangeAnnouncer) -> None:
    tenants = [db.add_tenant(slug) for slug in ("acme", "other")]
    with psycopg.connect(db.reader_dsn, autocommit=True) as conn:
        conn.execute("LISTEN hub_live")
        announcer.changed(tenants)
        (notice,) = conn.notifies(timeout=WAIT_S, stop_after=1)
    told = notice.payload.split(",")
    assert sorted(told) == sorted(live_id(db, tenant) for tenant in tenants)
    assert {uuid.UUID(one).version for one in told} == {4}


def test_changes_that_come_together_are_few_notices(db: Database, announcer: ChangeAnnouncer) -> None:
    tenant = db.add_tenant("acme")
    with psycopg.connect(db.reader_dsn, autocommit=True) as conn:
        conn.execute("LISTEN hub_live")
        for _ in range(10_000):
            announcer.changed([tenant])
        announcer.close()
        conn.execute("SELECT 1")
        assert 1 <= len(list(conn.notifies(timeout=0))) < 1_000


def test_more_tenants_than_a_notice_holds_are_told_in_several(
    db: Database, announcer: ChangeAnnouncer
) -> None:
    with db.connect("hub_maint") as conn:
        conn.execute("INSERT INTO hub.tenants (slug) SELECT 'tenant-' || n FROM generate_series(1, 450) AS n")
        tenants = [row[0] for row in conn.execute("SELECT tenant_id FROM hub.tenants")]
    told = set[str]()
    with psycopg.connect(db.reader_dsn, autocommit=True) as conn:
        conn.execute("LISTEN hub_live")
        announcer.changed(tenants)
        for notice in conn.notifies(timeout=WAIT_S):
            assert len(notice.payload) < 8_000
            told.update(notice.payload.split(","))
            if len(told) == len(tenants):
                break
    assert len(told) == 450


def test_a_flush_does_not_wait_for_a_database_that_takes_no_notice(db: Database) -> None:
    stored = PostgresStored(db)
    never = threading.Event()

    def stuck() -> psycopg.Connection[tuple[object, ...]]:
        never.wait(WAIT_S)
        raise psycopg.OperationalError("never came")

    announcer = ChangeAnnouncer(stuck, SystemClock(), every_s=0.01, wait_s=0.01)
    sink = AnnouncingSink(stored.sink, announcer)
    assert sink.flush(prepared([event(1)], stored.tenant_id)).count.stored == 1
    assert sink.flush(prepared([event(2)], stored.tenant_id)).count.stored == 1
    never.set()
    announcer.close()
    stored.close()


def test_a_tenant_that_does_not_exist_cannot_be_followed(db: Database) -> None:
    async def main() -> None:
        async with listening(db) as changes:
            with pytest.raises(NotFound, match="no_such_tenant"):
                async with changes.following(TenantId(12_345), lambda: None):
                    pass

    asyncio.run(main())


def test_a_reader_learns_its_own_name_on_the_channel_and_no_other(db: Database) -> None:
    tenant = db.add_tenant("acme")
    db.add_tenant("other")
    with db.connect("hub_reader") as conn, conn.transaction():
        conn.execute(f"SET LOCAL hub.tenant_id = '{tenant}'".encode())
        found = conn.execute("SELECT live_id::text FROM hub_read.tenants").fetchall()
    assert found == [(live_id(db, tenant),)]
