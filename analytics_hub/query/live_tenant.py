"""The feeds of one tenant, and what wakes them: notices of commits, and a look at the tenant's version now and then,
because a notice may be lost and because minutes pass.

In: questions that somebody watches. Out: their feeds, running. Everything ends with the last feed.
"""

import asyncio
import random
from datetime import datetime

import structlog

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import HubError
from analytics_hub.domain.freshness import DataVersion
from analytics_hub.domain.live import LiveBounds, LiveQuery
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.changes import TenantChanges
from analytics_hub.query.freshness import FreshnessStore
from analytics_hub.query.live_feed import Ask, Feed

# Tenants look at moments of their own: all of them ask again when a minute has passed.
_phases = random.Random()  # noqa: S311
_log = structlog.get_logger(__name__)
_ending: set[asyncio.Task[None]] = set()
"""Cancelled, but not over: the loop holds tasks weakly, and nobody else holds these while they clean up."""


class TenantFeeds:
    """For one event loop."""

    def __init__(
        self,
        tenant: TenantId,
        changes: TenantChanges,
        freshness: FreshnessStore,
        clock: Clock,
        bounds: LiveBounds,
    ) -> None:
        self._tenant = tenant
        self._changes = changes
        self._freshness = freshness
        self._clock = clock
        self._bounds = bounds
        self._turn = asyncio.Lock()
        self._feeds: dict[LiveQuery, tuple[Feed, asyncio.Task[None]]] = {}
        self._waking: list[asyncio.Task[None]] = []
        self._seen: tuple[DataVersion, datetime] | None = None

    def __len__(self) -> int:
        return len(self._feeds)

    def feed(self, query: LiveQuery, ask: Ask, asking: asyncio.Semaphore) -> Feed:
        """The feed of this question, for one watcher more."""
        if not self._waking:
            self._waking = [asyncio.create_task(self._follow()), asyncio.create_task(self._look())]
        found = self._feeds.get(query)
        if found is None or found[0].over:
            made = Feed(query, ask, self._clock, self._bounds)
            found = self._feeds[query] = made, asyncio.create_task(made.run(self._turn, asking))
        found[0].watchers += 1
        return found[0]

    def done(self, feed: Feed) -> None:
        """One watcher less."""
        feed.watchers -= 1
        found = self._feeds.get(feed.query)
        if feed.watchers or found is None or found[0] is not feed:
            return
        del self._feeds[feed.query]
        _cancel(found[1])
        if not self._feeds:
            for waking in self._waking:
                _cancel(waking)
            self._waking = []

    def _wake(self) -> None:
        for feed, _ in self._feeds.values():
            feed.wake()

    async def _follow(self) -> None:
        """Notices, as long as they can be had."""
        while True:
            try:
                async with self._changes.following(self._tenant, self._wake):
                    self._wake()  # what was committed before it began
                    await asyncio.Event().wait()
            except HubError as error:
                _log.warning("changes cannot be followed, looking goes on", code=error.code)
            await asyncio.sleep(self._bounds.look_every_s)

    async def _look(self) -> None:
        pause_s = self._bounds.look_every_s * _phases.random()
        while True:
            try:
                version = (await self._freshness.freshness(self._tenant)).version
            except HubError as error:
                _log.warning("looking for changes failed", code=error.code)
            else:
                minute = self._clock.now().replace(second=0, microsecond=0)
                if self._seen != (version, minute):
                    self._seen = version, minute
                    self._wake()
            await asyncio.sleep(pause_s)
            pause_s = self._bounds.look_every_s


def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    _ending.add(task)
    task.add_done_callback(_ending.discard)
