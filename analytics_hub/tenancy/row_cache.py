"""Rows that say who may do what, kept for seconds: what is taken away there is gone here soon.

In: a look-up by key. Out: its row, the absent ones too. A bounded number for a bounded time; one look-up at a time for
a key, whoever waits for it. A row in use is looked up again before its time is over, so that nobody waits for it. While
the database is away, a known row stays good for `stale_s`: nobody can change it there meanwhile. For one event loop.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import TryLater

_K = TypeVar("_K", bound=Hashable)
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[_R]):
    row: _R | None
    looked_up_s: float
    again_at_s: float
    good_until_s: float


class RowCache(Generic[_K, _R]):
    """`find` is the look-up; it raises TryLater when the database does not answer."""

    def __init__(
        self,
        find: Callable[[_K], Awaitable[_R | None]],
        clock: Clock,
        *,
        cache_s: float,
        cache_max: int,
        stale_s: float = 0,
        wait_s: float = 10,
    ) -> None:
        self._find = find
        self._clock = clock
        self._cache_s = cache_s
        self._cache_max = cache_max
        self._stale_s = stale_s
        self._wait_s = wait_s
        self._cache: OrderedDict[_K, _Kept[_R]] = OrderedDict()
        self._looking: dict[_K, asyncio.Task[_R | None]] = {}

    async def row(self, key: _K) -> _R | None:
        """The row of a key as it was some seconds ago at the most, or None when there is none."""
        now_s = self._clock.monotonic_s()
        kept = self._cache.get(key)
        if kept is None or kept.good_until_s <= now_s:
            return await asyncio.shield(self._look_up(key))
        if kept.again_at_s <= now_s:
            self._look_up(key)
        return kept.row

    def _look_up(self, key: _K) -> "asyncio.Task[_R | None]":
        """One look-up at a time for a key, whoever waits for it."""
        task = self._looking.get(key)
        if task is None:
            task = self._looking[key] = asyncio.get_running_loop().create_task(self._asked(key))
            task.add_done_callback(lambda done: self._forget(key, done))
        return task

    def _forget(self, key: _K, done: "asyncio.Task[_R | None]") -> None:
        del self._looking[key]
        if not done.cancelled():
            done.exception()  # whoever waited has it; a look-up ahead of time is tried again soon

    async def _asked(self, key: _K) -> _R | None:
        asked_s = self._clock.monotonic_s()
        try:
            async with asyncio.timeout(self._wait_s):
                row = await self._find(key)
        except (TimeoutError, TryLater) as error:
            return self._stale(key, error)
        self._keep(key, row, looked_up_s=asked_s, from_s=asked_s)
        return row

    def _stale(self, key: _K, error: Exception) -> _R | None:
        now_s = self._clock.monotonic_s()
        kept = self._cache.get(key)
        if kept is None or kept.row is None or now_s - kept.looked_up_s > self._stale_s:
            if isinstance(error, TryLater):
                raise error
            raise TryLater("too_slow", "The database did not answer in time.") from error
        self._keep(key, kept.row, looked_up_s=kept.looked_up_s, from_s=now_s)
        return kept.row

    def _keep(self, key: _K, row: _R | None, *, looked_up_s: float, from_s: float) -> None:
        self._cache[key] = _Kept(row, looked_up_s, from_s + self._cache_s / 2, from_s + self._cache_s)
        self._cache.move_to_end(key)
        while len(self._cache) > self._cache_max:
            self._cache.popitem(last=False)
