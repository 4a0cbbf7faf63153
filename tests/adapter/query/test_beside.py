"""A second connection that sees what the first one sees, and its tenant only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from analytics_hub.domain.plan import GroupRows
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.build import build
from analytics_hub.query.plan import facets_of, marks_span, plan
from analytics_hub.storage.reader_pool import ReaderPool, open_reader_pool
from analytics_hub.storage.usage_store import PostgresSnapshot, PostgresUsageStore
from tests.support.database import Database
from tests.support.deltas import add_series, flush_delta, minute

RANGE = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
AT = minute("2026-11-01 10:07")


@pytest.fixture
def db(each_db: Database) -> Database:
    return each_db


@asynccontextmanager
async def pool(db: Database, connections: int) -> AsyncIterator[ReaderPool]:
    async with open_reader_pool(
        db.reader_dsn,
        "hub-test",
        connections_min=connections,
        connections_max=connections,
        wait_s=60,
        connect_s=60,
        statement_timeout_ms=60_000,
        work_mem_mb=16,
    ) as opened:
        yield opened


def add_tenant(db: Database, slug: str) -> int:
    tenant = db.add_tenant(slug)
    with db.connect("hub_writer") as writer:
        add_series(writer, tenant, tenant, model="m")
    return tenant


def flush(db: Database, tenant: int, events: int) -> None:
    with db.connect("hub_writer") as writer:
        flush_delta(writer, tenant, AT, tenant, events=events)


async def events(snapshot: PostgresSnapshot, tenant: int) -> list[int]:
    query = UsageQuery.ask(TenantId(tenant), *RANGE, metrics=["events"])
    marks = await snapshot.marks(marks_span(query), facets_of(query))
    rows: list[GroupRows] = list(await snapshot.rows(plan(query, marks, spans_max=500)))
    return [sum(one.sums["events"]) for one in rows]


def test_both_see_the_same_whatever_is_committed_meanwhile(db: Database) -> None:
    tenant = add_tenant(db, "acme")
    flush(db, tenant, events=4)

    async def main() -> None:
        async with pool(db, 4) as readers:
            async with PostgresUsageStore(readers, build).snapshot(TenantId(tenant)) as first:
                assert await events(first, tenant) == [4]
                await asyncio.to_thread(flush, db, tenant, 3)
                async with first.beside() as second:
                    assert second is not None
                    both = await asyncio.gather(events(first, tenant), events(second, tenant))
                    assert list(both) == [[4], [4]]
            async with PostgresUsageStore(readers, build).snapshot(TenantId(tenant)) as later:
                assert await events(later, tenant) == [7]

    asyncio.run(main())


def test_the_second_shows_its_own_tenant_only_and_leaves_nothing_behind(db: Database) -> None:
    ours, theirs = add_tenant(db, "ours"), add_tenant(db, "theirs")
    flush(db, ours, events=1)
    flush(db, theirs, events=2)

    async def main() -> None:
        async with pool(db, 4) as readers:
            async with (
                PostgresUsageStore(readers, build).snapshot(TenantId(ours)) as first,
                first.beside() as second,
            ):
                assert second is not None
                assert await events(second, ours) == [1]
                assert sum(await events(second, theirs)) == 0
            for _ in range(8):  # whichever connection it was
                async with readers.reading() as connection:
                    cursor = await connection.execute("SELECT count(*) FROM hub_read.usage_1m")
                    assert await cursor.fetchone() == (0,)

    asyncio.run(main())


@pytest.mark.parametrize("connections", [1, 2])
def test_nobody_takes_the_last_connection_to_be_quicker(db: Database, connections: int) -> None:
    tenant = db.add_tenant("acme")

    async def main() -> None:
        async with (
            pool(db, connections) as readers,
            PostgresUsageStore(readers, build).snapshot(TenantId(tenant)) as first,
            first.beside() as second,
        ):
            assert second is None

    asyncio.run(main())


def test_a_fault_beside_is_told_and_both_connections_come_back(db: Database) -> None:
    tenant = db.add_tenant("acme")

    async def fail(readers: ReaderPool) -> None:
        async with (
            PostgresUsageStore(readers, build).snapshot(TenantId(tenant)) as first,
            first.beside() as second,
        ):
            assert second is not None
            raise ZeroDivisionError

    async def main() -> None:
        async with pool(db, 4) as readers:
            for _ in range(6):
                with pytest.raises(ZeroDivisionError):
                    await fail(readers)
            await readers.ready()

    asyncio.run(main())
