"""Whether the process takes bodies, and how many it has in hand: what a clean stop waits for.

In: requests that come and go, and a stop. Out: `ready` for the load balancer, TryLater for who comes too late,
`empty` for the one that stops the process.
"""

import asyncio
from types import TracebackType
from typing import Final

from analytics_hub.domain.errors import TryLater

_RETRY_AFTER_S: Final = 1.0  # by then the load balancer has found another process


class Gate:
    """`with gate:` around each request. Used from one event loop."""

    def __init__(self) -> None:
        self._inside = 0
        self._ready = True
        self._shut = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __enter__(self) -> None:
        if self._shut:
            raise draining()
        self._inside += 1
        self._empty.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside -= 1
        if self._inside == 0:
            self._empty.set()

    def check_ready(self) -> None:
        """Raises TryLater once the process is about to stop."""
        if not self._ready:
            raise draining()

    def say_not_ready(self) -> None:
        """Who comes is still let in: the load balancer needs a moment to notice."""
        self._ready = False

    def shut(self) -> None:
        self._ready = False
        self._shut = True

    async def empty(self) -> None:
        """Returns when nobody is inside. The caller bounds the wait."""
        await self._empty.wait()


def draining() -> TryLater:
    return TryLater("draining", "This process is stopping: send again.", retry_after_s=_RETRY_AFTER_S)
