"""The use case of live usage: watch a question, hear of its changes within a second of their commit.

    commit ▶ notice (port `TenantChanges`) ▶ feeds of the tenant ▶ one ask each ▶ what differs ▶ every watcher

In: a `LiveQuery`. Out: a `Subscription`, whose messages are a snapshot, changes, and an end. Watchers of equal
questions share one feed (`live_feed.py`); the tenant is part of the question, so no feed has watchers of two tenants.
A tenant's feeds share its notices (`live_tenant.py`). For one event loop.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import RateLimited, TryLater
from analytics_hub.domain.live import EndReason, LiveBounds, LiveCaps, LiveQuery
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.changes import TenantChanges
from analytics_hub.query.freshness import FreshnessStore
from analytics_hub.query.live_feed import Ask, Feed
from analytics_hub.query.live_subscription import Subscription
from analytics_hub.query.live_tenant import TenantFeeds
from analytics_hub.telemetry import LIVE_FEEDS, LIVE_STREAMS

_RETRY_AFTER_S = 5.0


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
        self._streams = Counter[TenantId]()
        self._subscriptions: set[Subscription] = set()
        self._stopping = False

    @asynccontextmanager
    async def watch(self, query: LiveQuery) -> AsyncIterator[Subscription]:
        """Open as soon as there is a first answer. Raises what the question raises, RateLimited when the tenant has too
        many streams, TryLater when the process has.
        """
        with self._counted(query.tenant), self._feed(query) as feed:
            await asyncio.shield(feed.ready)
            subscription = Subscription(self._bounds.queue_messages_max)
            self._subscriptions.add(subscription)
            try:
                if self._stopping:
                    raise _stopping()
                feed.join(subscription)
                yield subscription
            finally:
                feed.leave(subscription)
                self._subscriptions.discard(subscription)

    def stop(self) -> None:
        """Every stream ends with `stopping`; no other one begins."""
        self._stopping = True
        for subscription in tuple(self._subscriptions):
            subscription.end(EndReason.STOPPING, "This process stops: open the stream again.")

    @contextmanager
    def _counted(self, tenant: TenantId) -> Iterator[None]:
        if self._stopping:
            raise _stopping()
        if self._streams[tenant] >= self._bounds.tenant_streams_max:
            most = self._bounds.tenant_streams_max
            raise RateLimited(
                "too_many_streams",
                f"A tenant has at most {most} open streams.",
                retry_after_s=_RETRY_AFTER_S,
            )
        if self._streams.total() >= self._bounds.streams_max:
            raise TryLater("streams_full", "No stream can be opened now.", retry_after_s=_RETRY_AFTER_S)
        self._streams[tenant] += 1
        LIVE_STREAMS.inc()
        try:
            yield
        finally:
            LIVE_STREAMS.dec()
            self._streams[tenant] -= 1
            if not self._streams[tenant]:
                del self._streams[tenant]

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


def _stopping() -> TryLater:
    return TryLater("draining", "This process is stopping: open the stream again.", retry_after_s=1)
