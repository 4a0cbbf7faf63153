"""One watched question: asked again when its tenant changed, told to all who watch it.

In: wakings. Out: a snapshot for who joins, changes for who is there. Wakings that come while it is asked or within
`push_every_s` are one. A question that takes long is asked seldom: it rests as long as it took. What fails is tried
again until `unavailable_s_max` has passed since the last answer; then its streams end and say so.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, HubError, InvalidInput
from analytics_hub.domain.live import EndReason, LiveBounds, LiveQuery
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.live_difference import LiveState
from analytics_hub.query.live_subscription import LiveSubscription
from analytics_hub.telemetry import LIVE_MESSAGES, LIVE_PUSH_SECONDS

Ask = Callable[[UsageQuery], Awaitable[UsageAnswer]]

_SNAPSHOTS = LIVE_MESSAGES.labels("snapshot")
_CHANGES = LIVE_MESSAGES.labels("change")
_log = structlog.get_logger(__name__)


class Feed:
    """`run` in a task for as long as somebody watches."""

    def __init__(self, query: LiveQuery, ask: Ask, clock: Clock, bounds: LiveBounds) -> None:
        self.query = query
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done with the first answer, or with what it raised."""
        self.ready.add_done_callback(_seen)
        self.watchers = 0
        self.over = False
        """It will never be asked again; whoever comes now needs another one."""
        self._ask = ask
        self._clock = clock
        self._bounds = bounds
        self._state: LiveState | None = None
        self._subscriptions: set[LiveSubscription] = set()
        self._woken = asyncio.Event()
        self._woken_s = 0.0
        self._answered_s = 0.0

    def wake(self) -> None:
        """The tenant may have changed."""
        if not self._woken.is_set():
            self._woken_s = asyncio.get_running_loop().time()
            self._woken.set()

    def join(self, subscription: LiveSubscription) -> None:
        """Only after `ready`."""
        assert self._state is not None
        subscription.offer(self._state.snapshot())
        _SNAPSHOTS.inc()
        self._subscriptions.add(subscription)

    def leave(self, subscription: LiveSubscription) -> None:
        self._subscriptions.discard(subscription)

    async def run(self, turn: "asyncio.Lock", asking: asyncio.Semaphore) -> None:
        """Until it is cancelled, or has failed for good. `turn`: one question of a tenant at a time."""
        loop = asyncio.get_running_loop()
        self._woken_s = self._answered_s = loop.time()
        self._woken.set()
        pause_s = self._bounds.push_every_s
        while True:
            await self._woken.wait()
            async with turn, asking:
                self._woken.clear()
                heard_s, began_s = self._woken_s, loop.time()
                answered = await self._asked_once(heard_s)
                took_s = loop.time() - began_s
            if self.over:
                return
            if answered:
                pause_s = max(self._bounds.push_every_s, took_s)
            else:
                pause_s = min(2 * pause_s, self._bounds.look_every_s)
                self.wake()
            await asyncio.sleep(pause_s)

    async def _asked_once(self, heard_s: float) -> bool:
        """Whether there was an answer. Without one the feed may be over."""
        try:
            answer = await self._ask(self.query.at(self._clock.now()))
        except HubError as error:
            self._failed(error)
            return False
        except Exception as error:  # noqa: BLE001  it is logged, and whoever watches is told
            _log.error("live question broke", exc_info=error)
            self._end(Broken("broken", "The fault is ours and was logged."), EndReason.FAILED)
            return False
        self._answered_s = asyncio.get_running_loop().time()
        self._take(LiveState.of(self.query, answer), heard_s)
        return True

    def _take(self, state: LiveState, heard_s: float) -> None:
        before, self._state = self._state, state
        if before is None:
            self.ready.set_result(None)
            return
        change = state.change_since(before)
        if change is None:
            return
        for subscription in tuple(self._subscriptions):
            subscription.offer(change)
        _CHANGES.inc(len(self._subscriptions))
        LIVE_PUSH_SECONDS.observe(self._answered_s - heard_s)

    def _failed(self, error: HubError) -> None:
        silent_s = asyncio.get_running_loop().time() - self._answered_s
        if isinstance(error, InvalidInput | Broken) or not self.ready.done():
            self._end(error, EndReason.FAILED)
        elif silent_s > self._bounds.unavailable_s_max:
            self._end(error, EndReason.UNAVAILABLE)
        else:
            _log.warning("live question failed, it is asked again", code=error.code)

    def _end(self, error: HubError, reason: EndReason) -> None:
        self.over = True
        if not self.ready.done():
            self.ready.set_exception(error)
        for subscription in tuple(self._subscriptions):
            subscription.end(reason, error.message)


def _seen(ready: "asyncio.Future[None]") -> None:
    """Whoever waits has the exception; nobody may be waiting any more."""
    if not ready.cancelled():
        ready.exception()
