"""Raw events for tests: made by hand, and a store of them in memory that answers as the real one does."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from analytics_hub.domain.raw_event import EventFilter, EventPlace, EventsKept, RawEvent
from analytics_hub.domain.series import COST_LINES, DIMENSIONS, TAG_PREFIX, TOKEN_KINDS
from analytics_hub.domain.tenant import TenantId

_ATTRIBUTES = {"id": "event_id"}


def raw_event(number: int, at: datetime, *, user: str = "", model: str = "", status: str = "ok") -> RawEvent:
    dimensions = dict.fromkeys(DIMENSIONS, "") | {"model": model, "status": status}
    texts = dict.fromkeys(
        ("session", "api_key_id", "agent", "region", "trace_id", "span_id", "error_type"), ""
    )
    return RawEvent(
        UUID(int=number),
        at,
        at,
        source="test",
        event_id=str(number),
        user=user,
        **texts,
        dimensions=dimensions,
        tags={},
        tokens=dict.fromkeys(TOKEN_KINDS, 0) | {"input": 100 + number},
        web_searches=0,
        latency_us=1500,
        ttft_us=None,
        cost_pico_usd=dict.fromkeys(COST_LINES, 0) | {"input": 10**9},
        cost_status="priced",
        price_id=1,
    )


class MemoryEventStore:
    """One tenant's events."""

    def __init__(self, tenant: TenantId, taken_at: datetime, events: Iterable[RawEvent] = ()) -> None:
        self._tenant = tenant
        self.kept = EventsKept(taken_at, None)
        self.events = list(events)
        self.at_each_window: Callable[[], None] = lambda: None

    def drop(self, before: datetime) -> None:
        self.events = [event for event in self.events if event.at >= before]
        self.kept = replace(self.kept, dropped_before=before)

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator["MemoryEventSnapshot"]:
        events = self.events if tenant == self._tenant else []
        yield MemoryEventSnapshot(self.kept, events, self.at_each_window)


class MemoryEventSnapshot:
    """What the events looked like at one moment."""

    def __init__(
        self, kept: EventsKept, events: Sequence[RawEvent], at_each_window: Callable[[], None]
    ) -> None:
        self._kept = kept
        self._events = events
        self._at_each_window = at_each_window

    async def kept(self) -> EventsKept:
        return self._kept

    async def newest(
        self, question: EventFilter, start: datetime, before: EventPlace, limit: int
    ) -> Sequence[RawEvent]:
        self._at_each_window()
        found = [event for event in self._events if start <= event.at and _older(event, before)]
        found = [event for event in found if _matches(event, question)]
        return sorted(found, key=lambda event: (event.at, event.key), reverse=True)[:limit]


def _older(event: RawEvent, place: EventPlace) -> bool:
    return (event.at, event.key) < (place.at, place.key)


def _matches(event: RawEvent, question: EventFilter) -> bool:
    for chosen in question.dimensions:
        tag = chosen.dimension.removeprefix(TAG_PREFIX)
        given = event.tags.get(tag, "") if tag != chosen.dimension else event.dimensions[chosen.dimension]
        if given not in chosen.values:
            return False
    for chosen in question.fields:
        if getattr(event, _ATTRIBUTES.get(chosen.dimension, chosen.dimension)) not in chosen.values:
            return False
    return not (question.errors_only and event.dimensions["status"] == "ok")
