"""The real store behind the raw events: one tenant's, window by window of one snapshot.

In: a filter and a window of time. Out: `RawEvent`s. Their places are searched for in the index
(`hub.newest_event_places()`), what is shown of them is read through the barrier view. Which windows are read is decided
by `analytics_hub/query/events.py`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import psycopg

from analytics_hub.domain.raw_event import EVENT_FIELDS, EventFilter, EventPlace, EventsKept, RawEvent
from analytics_hub.domain.series import COST_LINES, COST_STATUSES, DIMENSIONS, TAG_PREFIX, TOKEN_KINDS
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_transaction_async
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements

_SQL = statements("events")
_COLUMNS: Final = (
    *("key", "at", "received_at", "source", "event_id", "user", "session", "api_key_id", "agent", "region"),
    *(
        "trace_id",
        "span_id",
        "error_type",
        "dimensions",
        "tags",
        "tokens",
        "web_searches",
        "latency_us",
        "ttft_us",
    ),
    *("costs", "cost_status", "price_id"),
)
"""Of the statement `events`, in its order."""
_LOST_SERIES: Final = ("",) * len(DIMENSIONS)

_Cursor = psycopg.AsyncCursor[Any]


class PostgresEventStore:
    """Reads as hub_reader."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator["PostgresEventSnapshot"]:
        async with (
            self._pool.reading() as connection,
            tenant_transaction_async(connection, tenant) as cursor,
        ):
            yield PostgresEventSnapshot(cursor, tenant)


class PostgresEventSnapshot:
    """One open transaction."""

    def __init__(self, cursor: _Cursor, tenant: TenantId) -> None:
        self._cursor = cursor
        self._tenant = tenant
        self._chosen: tuple[EventFilter, list[int]] | None = None

    async def kept(self) -> EventsKept:
        await self._cursor.execute(_SQL["kept"], {"tenant_id": int(self._tenant)})
        row = await self._cursor.fetchone()
        assert row is not None  # a SELECT without FROM has one row
        taken_at, dropped_before, tags = row
        return EventsKept(
            taken_at.astimezone(UTC), dropped_before and dropped_before.astimezone(UTC), frozenset(tags or ())
        )

    async def newest(
        self, question: EventFilter, start: datetime, before: EventPlace, limit: int
    ) -> Sequence[RawEvent]:
        series = await self._series(question)
        if series == []:
            return []
        window = {"start": start, "before_at": before.at, "before_key": before.key, "limit": limit}
        await self._cursor.execute(_SQL["places"], _fields(question) | window | {"series": series})
        places = [EventPlace(at.astimezone(UTC), key) for at, key in await self._cursor.fetchall()]
        return await self._at(places) if places else []

    async def _at(self, places: Sequence[EventPlace]) -> Sequence[RawEvent]:
        """The events at these places; both newest first."""
        newest, oldest = places[0], places[-1]
        args = {
            "tenant_id": int(self._tenant),
            "moments": [place.at for place in places],
            "newest_at": newest.at,
            "newest_key": newest.key,
            "oldest_at": oldest.at,
            "oldest_key": oldest.key,
        }
        await self._cursor.execute(_SQL["events"], args)
        wanted = set(places)
        events = [_event(row) for row in await self._cursor.fetchall()]
        return [event for event in events if event.place in wanted]

    async def _series(self, question: EventFilter) -> list[int] | None:
        """Those that the filters choose; None: all, also lost ones. Looked up once for all windows of a question."""
        if not question.dimensions and not question.errors_only:
            return None
        if self._chosen is None or self._chosen[0] != question:
            await self._cursor.execute(_SQL["series"], _dimensions(self._tenant, question))
            row = await self._cursor.fetchone()
            assert row is not None  # an aggregate has one row
            self._chosen = question, row[0] or []
        return self._chosen[1]


def _dimensions(tenant: TenantId, question: EventFilter) -> dict[str, object]:
    """The filters of the series as arguments; NULL where nothing was asked."""
    asked = {chosen.dimension: list(chosen.values) for chosen in question.dimensions}
    args: dict[str, object] = {name: asked.get(name) for name in DIMENSIONS}
    tags = {name.removeprefix(TAG_PREFIX): one for name, one in asked.items() if name.startswith(TAG_PREFIX)}
    return args | {
        "tenant_id": int(tenant),
        "tags": orjson.dumps(tags).decode(),
        "errors_only": question.errors_only,
    }


def _fields(question: EventFilter) -> dict[str, object]:
    """The filters of the event itself as arguments; NULL where nothing was asked."""
    asked = {chosen.dimension: list(chosen.values) for chosen in question.fields}
    args: dict[str, object] = {name: asked.get(name) for name in EVENT_FIELDS}
    statuses = [COST_STATUSES.index(status) for status in asked.get("cost_status", ())]
    return args | {"cost_status": statuses or None}


def _event(row: Sequence[Any]) -> RawEvent:
    named = dict(zip(_COLUMNS, row, strict=True))
    dimensions, tokens, costs = (named.pop(name) for name in ("dimensions", "tokens", "costs"))
    known = _LOST_SERIES if dimensions[0] is None else dimensions
    return RawEvent(
        at=named.pop("at").astimezone(UTC),
        received_at=named.pop("received_at").astimezone(UTC),
        dimensions=dict(zip(DIMENSIONS, known, strict=True)),
        tokens=dict(zip(TOKEN_KINDS, tokens, strict=True)),
        cost_pico_usd=dict(zip(COST_LINES, costs, strict=True)),
        cost_status=COST_STATUSES[named.pop("cost_status")],
        **named,
    )
