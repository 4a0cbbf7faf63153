"""The use case of live usage: watch a question, hear of its changes within a second of their commit.

    commit ▶ notice (port `TenantChanges`) ▶ feeds of the tenant ▶ one ask each ▶ what differs ▶ every watcher

In: a `LiveQuery`. Out: a `Subscription`, whose messages are a snapshot, changes, and an end. Watchers of equal
questions share one feed (`live_feed.py`); the tenant is part of the question, so no feed has watchers of two tenants.
A tenant's feeds share its notices (`live_tenant.py`). For one event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.live import LiveBounds, LiveCaps, LiveQuery
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.changes import TenantChanges
from analytics_hub.query.freshness import FreshnessStore
from analytics_hub.query.live_feed import Ask, Feed
from analytics_hub.query.live_places import StreamPlaces
from analytics_hub.query.live_subscription import LiveSubscription
from analytics_hub.query.live_tenant import TenantFeeds
from analytics_hub.telemetry import LIVE_FEEDS


class LiveService:
    """All that is watched in one process."""

    def __init__(
        self,
        ask: Ask,
        changes: TenantChanges,
        freshness: FreshnessStore,
        clock: Clock,
        *,
        caps: LiveCaps | None = None,
        bounds: LiveBounds | None = None,
    ) -> None:
        self.caps = caps or LiveCaps()
        self._ask = ask
        self._changes = changes
        self._freshness = freshness
        self._clock = clock
        self._bounds = bounds or LiveBounds()
        self._asking = asyncio.Semaphore(self._bounds.asking_max)
        self._tenants: dict[TenantId, TenantFeeds] = {}
        self.places = StreamPlaces(self._bounds)
        """Shared with whatever else is watched in this process."""

    @asynccontextmanager
    async def watch(self, query: LiveQuery) -> AsyncIterator[LiveSubscription]:
        """Open as soon as there is a first answer. Raises what the question raises, RateLimited when the tenant has too
        many streams, TryLater when the process has.
        """
        with self.places.counted(query.tenant), self._feed(query) as feed:
            await asyncio.shield(feed.ready)
            subscription = LiveSubscription(self._bounds.queue_messages_max)
            with self.places.open(subscription):
                feed.join(subscription)
                try:
                    yield subscription
                finally:
                    feed.leave(subscription)

    def stop(self) -> None:
        """Every stream ends with `stopping`; no other one begins."""
        self.places.stop()

    @contextmanager
    def _feed(self, query: LiveQuery) -> Iterator[Feed]:
        """The question's feed, begun for the first who wants it and ended with the last."""
        tenant = self._tenants.get(query.tenant)
        if tenant is None:
            tenant = self._tenants[query.tenant] = TenantFeeds(
                query.tenant, self._changes, self._freshness, self._clock, self._bounds
            )
        feed = tenant.feed(query, self._ask, self._asking)
        LIVE_FEEDS.set(sum(len(other) for other in self._tenants.values()))
        try:
            yield feed
        finally:
            tenant.done(feed)
            if not len(tenant) and self._tenants.get(query.tenant) is tenant:
                del self._tenants[query.tenant]
            LIVE_FEEDS.set(sum(len(other) for other in self._tenants.values()))
