"""One watcher's end of a feed: a bounded queue of messages, the last of which says why it ends.

In: messages from the feed, and whoever ends it. Out: the messages in order. A watcher that lets the queue overflow
loses it and is told `slow_reader`; nobody else waits for it. For one event loop.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from analytics_hub.domain.live import EndReason, LiveEnd, LiveUpdate
from analytics_hub.telemetry import LIVE_ENDS

_Update = TypeVar("_Update")


class Subscription(Generic[_Update]):
    """`async for message in subscription`, or `await subscription.next()`, which may be cancelled and asked again."""

    def __init__(self, messages_max: int) -> None:
        self._messages: deque[_Update | LiveEnd] = deque()
        self._messages_max = messages_max
        self._something = asyncio.Event()
        self._over = False
        self.ended = asyncio.Event()
        """Set when nothing but the end is still to come."""

    def offer(self, message: _Update | LiveEnd) -> None:
        """Hand it over without waiting."""
        if self.ended.is_set():
            return
        if len(self._messages) >= self._messages_max:
            self._messages.clear()
            self.end(EndReason.SLOW_READER, "Messages were not read as fast as they came.")
            return
        self._messages.append(message)
        self._something.set()

    def end(self, reason: EndReason, detail: str = "") -> None:
        """What waits is still given, then the end; the first reason counts."""
        if self.ended.is_set():
            return
        self._messages.append(LiveEnd(reason, detail))
        self._something.set()
        self.ended.set()
        LIVE_ENDS.labels(reason.value).inc()

    async def next(self) -> _Update | LiveEnd | None:
        """The next message; None after the end."""
        while not self._messages:
            if self._over:
                return None
            self._something.clear()
            await self._something.wait()
        message = self._messages.popleft()
        self._over = isinstance(message, LiveEnd)
        return message

    async def __aiter__(self) -> AsyncIterator[_Update | LiveEnd]:
        while (message := await self.next()) is not None:
            yield message


LiveSubscription = Subscription[LiveUpdate]
"""Of usage."""
