"""The use case behind the raw events: page after page, newest first, from one snapshot a page.

In: an `EventFilter` and a page size. Out: an `EventPage`. A page is searched for in windows of time, from the newest
back: were a filter rare, that would go on through years. It ends after so many days, or after the window in which the
seconds were over, and the page says where.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final, Protocol

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.raw_event import EventFilter, EventPage, EventPlace, EventsKept, RawEvent
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.declared_tags import check_declared

_FIRST_WINDOW: Final = timedelta(hours=1)
_WIDER: Final = 24
_WIDEST: Final = timedelta(days=1)  # what the largest tenant's statement can read in time


class EventSnapshot(Protocol):
    """One consistent view of one tenant's events."""

    async def kept(self) -> EventsKept: ...

    async def newest(
        self, question: EventFilter, start: datetime, before: EventPlace, limit: int
    ) -> Sequence[RawEvent]:
        """At most `limit` events from `start` on that are older than `before`, newest first."""
        ...


class EventStore(Protocol):
    """Where events are read."""

    def snapshot(self, tenant: TenantId) -> AbstractAsyncContextManager[EventSnapshot]: ...


class EventService:
    """Reads events; keeps no state of its own. Bounds: events of a page, days and seconds that one page looks back."""

    def __init__(
        self, store: EventStore, clock: Clock, *, page_max: int, scan_days_max: int, scan_s: float
    ) -> None:
        self._store = store
        self._clock = clock
        self.page_max = page_max
        self._scan_max = timedelta(days=scan_days_max)
        self._scan_s = scan_s

    def check(self, limit: int) -> None:
        """Raises InvalidInput for a page that is too long."""
        if not 1 <= limit <= self.page_max:
            raise InvalidInput("bad_limit", "limit", f"A page has 1 to {self.page_max} events.")

    async def page(self, question: EventFilter, limit: int, after: EventPlace | None = None) -> EventPage:
        """At most `limit` events that are older than `after`."""
        self.check(limit)
        async with self._store.snapshot(question.tenant) as snapshot:
            kept = await snapshot.kept()
            names = (chosen.dimension for chosen in question.dimensions)
            check_declared("filter", names, kept.declared_tags)
            return await self._search(snapshot, kept, question, limit, after)

    async def _search(
        self,
        snapshot: EventSnapshot,
        kept: EventsKept,
        question: EventFilter,
        limit: int,
        after: EventPlace | None,
    ) -> EventPage:
        place = _first(question, after)
        oldest = max(question.start, kept.dropped_before or question.start)
        until = max(oldest, place.at - self._scan_max)
        give_up_at_s = self._clock.monotonic_s() + self._scan_s
        found: list[RawEvent] = []
        for start, before in windows(until, place):
            # One more than shown, to know whether there is a next page.
            found += await snapshot.newest(question, start, before, limit + 1 - len(found))
            if len(found) > limit:
                shown = tuple(found[:limit])
                return EventPage(shown, shown[-1].place, shown[-1].at, kept)
            until = start
            if self._clock.monotonic_s() > give_up_at_s:
                break
        following = EventPlace.before(until) if oldest < until else None
        return EventPage(tuple(found), following, until, kept)


def windows(start: datetime, place: EventPlace) -> Iterator[tuple[datetime, EventPlace]]:
    """Pieces of the time from `place` back to `start`, newest first, without gap or overlap."""
    width = _FIRST_WINDOW
    while place.at > start or (place.at == start and place != EventPlace.before(start)):
        first = max(start, place.at - width)
        yield first, place
        place = EventPlace.before(first)
        width = min(width * _WIDER, _WIDEST)


def _first(question: EventFilter, after: EventPlace | None) -> EventPlace:
    end = EventPlace.before(question.end)
    if after is None or after.at >= question.end:
        return end
    return after
