"""The pool of reader connections, with a deadline on every wait and one translation of the driver's errors.

In: the address of hub_reader. Out: connections for `usage_store.py` and `key_store.py`; whatever psycopg
raises under `reading` leaves as a domain error, so nobody above knows the driver.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from analytics_hub.domain.errors import Broken, TooMuch, TryLater
from analytics_hub.storage.connections import Timeouts, conninfo
from analytics_hub.storage.statements import statements

_READY_S = 2.0
# What a request may wait beyond its statements: planning, other statements of the same snapshot.
_SLACK_S = 5.0
_SPARE_MIN = 2  # one more than is taken: whoever comes meanwhile finds one

Connection = psycopg.AsyncConnection[Any]


class _LastFirst(deque[Connection]):
    """The connection given back last is handed out first. The pool's own way is round and round, so that every question
    would meet a server process whose catalogs have gone cold meanwhile.
    """

    def popleft(self) -> Connection:
        return self.pop()


class _Pool(AsyncConnectionPool[Connection]):
    """psycopg_pool has no setting for this: look at `_pool` there when it is upgraded."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pool = _LastFirst()


class ReaderPool:
    """Hands out connections; see `open_reader_pool`."""

    def __init__(self, pool: AsyncConnectionPool[Connection], *, deadline_s: float) -> None:
        self._pool = pool
        self._deadline_s = deadline_s

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection for one request, given back at the end."""
        with translated():
            async with asyncio.timeout(self._deadline_s), self._pool.connection() as connection:
                yield connection

    @asynccontextmanager
    async def spare(self) -> AsyncIterator[Connection | None]:
        """A connection that nobody wants now; None rather than the last one, or a wait."""
        found = self._pool.get_stats()
        if found.get("requests_waiting", 0) or found.get("pool_available", 0) < _SPARE_MIN:
            yield None
            return
        async with self.reading() as connection:
            yield connection

    async def ready(self) -> None:
        """Returns when the database answers, raises TryLater when it does not in time."""
        with translated():
            async with asyncio.timeout(_READY_S), self._pool.connection(timeout=_READY_S) as connection:
                await connection.execute(statements("usage")["ready"])


@asynccontextmanager
async def open_reader_pool(
    dsn: str,
    application_name: str,
    *,
    connections_min: int,
    connections_max: int,
    wait_s: float,
    connect_s: int,
    statement_timeout_ms: int,
    work_mem_mb: int,
) -> AsyncIterator[ReaderPool]:
    """A pool for the life of a process, in the event loop that will use it."""
    timeouts = Timeouts(connect_s=connect_s, statement_ms=statement_timeout_ms)

    async def configure(connection: Connection) -> None:
        await connection.execute(statements("usage")["work_mem"], {"work_mem": f"{work_mem_mb}MB"})

    pool = _Pool(
        conninfo(dsn, application_name, timeouts),
        connection_class=Connection,
        # Statements differ from question to question: preparing them would only fill the server's memory.
        kwargs={"autocommit": True, "prepare_threshold": None},
        min_size=connections_min,
        max_size=connections_max,
        timeout=wait_s,
        configure=configure,
        open=False,
    )
    with translated():
        await pool.open(wait=connections_min > 0, timeout=connect_s)
    try:
        yield ReaderPool(pool, deadline_s=statement_timeout_ms / 1000 + wait_s + _SLACK_S)
    finally:
        await pool.close()


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors as ours, the cause chained."""
    try:
        yield
    except errors.QueryCanceled as error:
        message = "The question took too long: take a shorter range, fewer groups or a wider interval."
        raise TooMuch("query_too_slow", message) from error
    except (PoolTimeout, TooManyRequests) as error:
        raise TryLater("busy", "All database connections are in use.") from error
    except TimeoutError as error:
        raise TryLater("too_slow", "The database did not answer in time.") from error
    except psycopg.OperationalError as error:
        raise TryLater("database_unavailable", "The database does not answer.", retry_after_s=5) from error
    except psycopg.Error as error:
        raise Broken("database_error", "The database refused a statement of ours.") from error
