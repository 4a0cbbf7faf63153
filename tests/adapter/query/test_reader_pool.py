"""The reader's connections: every wait ends, every fault of the driver leaves as ours, and the pool heals."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest

from analytics_hub.domain.errors import Broken, HubError, TryLater
from analytics_hub.storage.reader_pool import ReaderPool, open_reader_pool, translated
from tests.support.database import Database


def pool_on(db: Database, *, connections_max: int = 1) -> AbstractAsyncContextManager[ReaderPool]:
    return open_reader_pool(
        db.reader_dsn,
        "hub-test",
        connections_min=1,
        connections_max=connections_max,
        wait_s=0.2,
        connect_s=10,
        statement_timeout_ms=10_000,
        work_mem_mb=16,
    )


def refusal(db: Database, statement: str) -> HubError:
    """What a statement is answered with; afterwards the pool must still be of use."""

    async def main() -> HubError:
        async with pool_on(db) as pool:
            with pytest.raises(HubError) as refused:
                async with pool.reading() as connection:
                    await connection.execute(statement.encode())
            await pool.ready()
            return refused.value

    return asyncio.run(main())


def test_a_statement_that_is_refused_is_our_fault_and_keeps_its_cause(db: Database) -> None:
    error = refusal(db, "SELECT * FROM hub.tenants")
    assert isinstance(error, Broken)
    assert error.code == "database_error"
    assert "permission denied" in str(error.__cause__)
    assert "permission denied" not in error.message


def test_a_connection_that_died_asks_to_come_back_and_is_replaced(db: Database) -> None:
    error = refusal(db, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert isinstance(error, TryLater)
    assert error.code == "database_unavailable"


def test_a_pool_without_a_free_connection_is_busy(db: Database) -> None:
    async def main() -> None:
        async with pool_on(db) as pool, pool.reading():
            with pytest.raises(TryLater) as refused:
                async with pool.reading():
                    pass
            assert refused.value.code == "busy"

    asyncio.run(main())


def test_a_wait_that_passed_its_deadline_asks_to_come_back() -> None:
    with pytest.raises(TryLater) as refused, translated():
        raise TimeoutError
    assert refused.value.code == "too_slow"


def test_connections_are_bounded_in_time_and_memory(db: Database) -> None:
    async def main() -> list[str]:
        async with pool_on(db) as pool, pool.reading() as connection:
            cursor = await connection.execute(
                "SELECT current_setting(name) FROM unnest(ARRAY['statement_timeout', 'work_mem', 'jit']) AS name"
            )
            return [row[0] for row in await cursor.fetchall()]

    assert asyncio.run(main()) == ["10s", "16MB", "off"]
