"""When keys were last used: written down now and then, beside the requests and never in their way.

In: the number of a key with every request that it lets in. Out: the used ones, several at once, to whoever keeps the
rows. A key is written at most once in `every_s` by a process. While one list is being written the next one gathers, so
that a busy process writes long lists and an idle one at once. What cannot be written is left out and told in the log:
nobody is refused for it. For one event loop.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

import structlog

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import HubError

_BATCH_MAX: Final = 500  # rows locked by one statement
_LOG = structlog.get_logger(__name__)


class LastUse:
    """`touch` writes that these keys were used just now."""

    def __init__(
        self,
        touch: Callable[[Sequence[UUID]], Awaitable[None]],
        clock: Clock,
        *,
        every_s: float,
        wait_s: float,
        keys_max: int,
    ) -> None:
        self._touch = touch
        self._clock = clock
        self._every_s = every_s
        self._wait_s = wait_s
        self._keys_max = keys_max
        self._noted_s: OrderedDict[UUID, float] = OrderedDict()
        self._waiting: dict[UUID, None] = {}
        self._writing: asyncio.Task[None] | None = None

    def note(self, key: UUID) -> None:
        """This key was used now. Costs a look into a dictionary, mostly."""
        now_s = self._clock.monotonic_s()
        noted_s = self._noted_s.get(key)
        if noted_s is not None and now_s - noted_s < self._every_s:
            return
        if len(self._waiting) >= self._keys_max:
            return
        self._noted_s[key] = now_s
        self._noted_s.move_to_end(key)
        while len(self._noted_s) > self._keys_max:
            self._noted_s.popitem(last=False)
        self._waiting[key] = None
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def written(self) -> None:
        """Returns when nothing is left to write."""
        if self._writing is not None:
            await self._writing

    async def close(self) -> None:
        """What is left is written, if that is possible at once."""
        writing = self._writing
        if writing is None:
            return
        done, _ = await asyncio.wait([writing], timeout=self._wait_s)
        if not done:
            writing.cancel()
            await asyncio.wait([writing])

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch = list(self._waiting)[:_BATCH_MAX]
                for key in batch:
                    del self._waiting[key]
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: Sequence[UUID]) -> None:
        try:
            async with asyncio.timeout(self._wait_s):
                await self._touch(batch)
        except (TimeoutError, HubError) as error:
            _LOG.warning("the last use of some keys is not on record", keys=len(batch), error=str(error))
