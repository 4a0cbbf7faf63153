"""The use case of watched incidents: a look every few seconds at each tenant that somebody watches, told to all who do.

In: an `IncidentWatch`. Out: a `Subscription`. Nobody is woken: incidents are found once an hour and answered by people,
while notices of commits come several times a second and would say nothing of them. A state is named by a digest of
what is in it, so whoever comes back with a name, to whichever process, is told what has changed since where that state
is still remembered, nothing where it still holds, else everything. For one event loop.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import structlog

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, HubError
from analytics_hub.domain.incident import FindingFilter, Incident, IncidentId
from analytics_hub.domain.incident_live import (
    IncidentsChange,
    IncidentsSnapshot,
    IncidentsUpdate,
    IncidentWatch,
    Turn,
)
from analytics_hub.domain.live import EndReason, LiveBounds
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.finding_ports import FindingStore
from analytics_hub.query.live_places import StreamPlaces
from analytics_hub.query.live_subscription import Subscription

INCIDENTS_MAX: Final = 100
"""The newest are watched: an alert budget tells a handful a week."""
_WATCHED: Final = timedelta(days=30)
_STATES_MAX: Final = 32  # remembered for those who come back
_AHEAD: Final = timedelta(minutes=1)

_State = Mapping[IncidentId, Incident]
_log = structlog.get_logger(__name__)
_ending: set[asyncio.Task[None]] = set()
"""Cancelled, but not over: the loop holds tasks weakly."""


class IncidentFeeds:
    """All that is watched of incidents in one process; its places are those of every other stream."""

    def __init__(self, store: FindingStore, clock: Clock, places: StreamPlaces, bounds: LiveBounds) -> None:
        self._store = store
        self._clock = clock
        self._places = places
        self._bounds = bounds
        self._looking = asyncio.Semaphore(bounds.asking_max)
        self._feeds: dict[TenantId, tuple[_Feed, asyncio.Task[None]]] = {}

    @asynccontextmanager
    async def watch(self, watch: IncidentWatch) -> AsyncIterator[Subscription[IncidentsUpdate]]:
        """Open as soon as there was a first look. Raises what that raises, RateLimited when the tenant has too many
        streams, TryLater when the process has.
        """
        with self._places.counted(watch.tenant):
            feed = self._feed(watch.tenant)
            try:
                await asyncio.shield(feed.ready)
                subscription = Subscription[IncidentsUpdate](self._bounds.queue_messages_max)
                with self._places.open(subscription):
                    feed.join(subscription, watch.seen)
                    try:
                        yield subscription
                    finally:
                        feed.leave(subscription)
            finally:
                self._done(watch.tenant, feed)

    def _feed(self, tenant: TenantId) -> "_Feed":
        found = self._feeds.get(tenant)
        if found is None or found[0].over:
            made = _Feed(tenant, self._store, self._clock, self._bounds)
            found = self._feeds[tenant] = made, asyncio.create_task(made.run(self._looking))
        found[0].watchers += 1
        return found[0]

    def _done(self, tenant: TenantId, feed: "_Feed") -> None:
        feed.watchers -= 1
        found = self._feeds.get(tenant)
        if feed.watchers or found is None or found[0] is not feed:
            return
        del self._feeds[tenant]
        found[1].cancel()
        _ending.add(found[1])
        found[1].add_done_callback(_ending.discard)


class _Feed:
    """One tenant's, for as long as somebody watches."""

    def __init__(self, tenant: TenantId, store: FindingStore, clock: Clock, bounds: LiveBounds) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done with the first look, or with what it raised."""
        self.ready.add_done_callback(lambda ready: ready.cancelled() or ready.exception())
        self.watchers = 0
        self.over = False
        self._tenant = tenant
        self._store = store
        self._clock = clock
        self._bounds = bounds
        self._states: OrderedDict[str, _State] = OrderedDict()
        """By name, the one that holds last."""
        self._subscriptions: set[Subscription[IncidentsUpdate]] = set()

    def join(self, subscription: Subscription[IncidentsUpdate], seen: str | None) -> None:
        """Only after `ready`."""
        name, state = self._now()
        before = self._states.get(seen or "")
        if before is None:
            subscription.offer(IncidentsSnapshot(tuple(state.values()), name))
        elif seen != name:
            subscription.offer(IncidentsChange(tuple(_turns(before, state)), name))
        self._subscriptions.add(subscription)

    def leave(self, subscription: Subscription[IncidentsUpdate]) -> None:
        self._subscriptions.discard(subscription)

    async def run(self, looking: asyncio.Semaphore) -> None:
        """Until it is cancelled, or has failed for too long."""
        loop = asyncio.get_running_loop()
        looked_s = loop.time()
        while not self.over:
            try:
                async with looking:
                    self._take(await self._look())
            except HubError as error:
                _log.warning("a look at incidents failed", code=error.code)
                if not self.ready.done() or loop.time() - looked_s > self._bounds.unavailable_s_max:
                    self._end(error, EndReason.UNAVAILABLE)
            except Exception as error:  # noqa: BLE001  it is logged, and whoever watches is told
                _log.error("a look at incidents broke", exc_info=error)
                self._end(Broken("broken", "The fault is ours and was logged."), EndReason.FAILED)
            else:
                looked_s = loop.time()
            await asyncio.sleep(self._bounds.incidents_every_s)

    async def _look(self) -> _State:
        now = self._clock.now()
        question = FindingFilter(self._tenant, now - _WATCHED, now + _AHEAD)
        return {one.incident_id: one for one in await self._store.incidents(question, None, INCIDENTS_MAX)}

    def _take(self, state: _State) -> None:
        name = _name(state)
        if not self._states:
            self._states[name] = state
            self.ready.set_result(None)
            return
        last, before = self._now()
        if last == name:
            return
        self._states[name] = state
        self._states.move_to_end(name)
        if len(self._states) > _STATES_MAX:
            self._states.popitem(last=False)
        turns = tuple(_turns(before, state))
        for subscription in tuple(self._subscriptions):
            subscription.offer(IncidentsChange(turns, name))

    def _now(self) -> tuple[str, _State]:
        name = next(reversed(self._states))
        return name, self._states[name]

    def _end(self, error: HubError, reason: EndReason) -> None:
        self.over = True
        if not self.ready.done():
            self.ready.set_exception(error)
        for subscription in tuple(self._subscriptions):
            subscription.end(reason, error.message)


def _name(state: _State) -> str:
    """The same for the same incidents, in every process."""
    return hashlib.sha256("\n".join(map(repr, state.values())).encode("utf-8", "surrogatepass")).hexdigest()[
        :32
    ]


def _turns(before: _State, after: _State) -> Iterator[tuple[Turn, Incident]]:
    """Oldest first. One that is too old to be watched any more is not told of."""
    for key, incident in reversed(list(after.items())):
        known = before.get(key)
        if known is None:
            yield Turn.NEW, incident
        elif incident.ended and not known.ended:
            yield Turn.ENDED, incident
        elif incident != known:
            yield Turn.CHANGED, incident
