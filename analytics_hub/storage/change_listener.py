"""Hears of commits over PostgreSQL's LISTEN: the real `TenantChanges` of `analytics_hub/query/changes.py`.

In: the address of hub_reader, and tenants that somebody follows. Out: a call for each that changed. One connection a
process, opened with the first follower, asked every few seconds whether it is still there, and opened again with
growing pauses; whoever follows is called then too, because notices were missed meanwhile. The channel is open to every
role: it carries random ids (`hub.tenants.live_id`), which each follower looks up for its own tenant through the barrier
view.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg
import structlog

from analytics_hub.domain.errors import NotFound
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import Timeouts, connect_async, tenant_transaction_async
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements
from analytics_hub.telemetry import CHANGES_HEARD, CHANGES_LISTENING

_PAUSE_S: Final = 0.1  # doubles with every try
_PAUSE_S_MAX: Final = 5.0
_SQL: Final = statements("changes")
_log = structlog.get_logger(__name__)

Changed = Callable[[], None]


class PostgresChangeListener:
    """See `open_change_listener`. For one event loop."""

    def __init__(
        self, dsn: str, application_name: str, pool: ReaderPool, *, connect_s: int, check_s: float
    ) -> None:
        self._dsn = dsn
        self._name = application_name
        self._pool = pool
        self._timeouts = Timeouts(connect_s=connect_s, statement_ms=int(check_s * 1000))
        self._check_s = check_s
        self._followers: defaultdict[str, list[Changed]] = defaultdict(list)
        self._listening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self, tenant: TenantId, changed: Changed) -> AsyncIterator[None]:
        live_id = await self._live_id(tenant)
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen_for_ever())
        self._followers[live_id].append(changed)
        try:
            yield
        finally:
            self._followers[live_id].remove(changed)
            if not self._followers[live_id]:
                del self._followers[live_id]

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _live_id(self, tenant: TenantId) -> str:
        async with (
            self._pool.reading() as connection,
            tenant_transaction_async(connection, tenant) as cursor,
        ):
            await cursor.execute(_SQL["live_id"], {"tenant_id": int(tenant)})
            row = await cursor.fetchone()
        if row is None:
            raise NotFound("no_such_tenant", "There is no such tenant.")
        return str(row[0])

    async def _listen_for_ever(self) -> None:
        pause_s = _PAUSE_S
        while True:
            try:
                async with asyncio.timeout(self._timeouts.connect_s + self._check_s):
                    connection = await connect_async(self._dsn, self._name, self._timeouts)
            except (psycopg.Error, OSError, TimeoutError) as error:
                _log.warning("changes cannot be listened for", error=str(error).strip())
            else:
                if await self._listened(connection):
                    pause_s = _PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _PAUSE_S_MAX)

    async def _listened(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """Until the connection fails. Whether it ever listened."""
        listened = False
        try:
            async with asyncio.timeout(self._check_s):
                await connection.execute(_SQL["listen"])
            listened = True
            CHANGES_LISTENING.set(1)
            self._call(list(self._followers))
            while True:
                async for notice in connection.notifies(timeout=self._check_s):
                    self._call(notice.payload.split(","))
                async with asyncio.timeout(self._check_s):
                    await connection.execute(_SQL["alive"])
        except (psycopg.Error, OSError, TimeoutError) as error:
            _log.warning("changes are no longer heard", error=str(error).strip())
            return listened
        finally:
            CHANGES_LISTENING.set(0)
            await connection.close()

    def _call(self, live_ids: list[str]) -> None:
        for live_id in live_ids:
            for changed in tuple(self._followers.get(live_id, ())):
                CHANGES_HEARD.inc()
                changed()


@asynccontextmanager
async def open_change_listener(
    dsn: str, application_name: str, pool: ReaderPool, *, connect_s: int, check_s: float
) -> AsyncIterator[PostgresChangeListener]:
    """For the life of a process, in the event loop that will use it."""
    listener = PostgresChangeListener(dsn, application_name, pool, connect_s=connect_s, check_s=check_s)
    try:
        yield listener
    finally:
        await listener.close()
