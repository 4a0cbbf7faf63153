"""Places for fitting models in threads: few, so that questions go on being answered beside them.

In: a tenant and the work. Out: what it returns, within a deadline. A thread cannot be ended from outside: the work is
asked to stop between two series, and gives its place back when it has.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from types import TracebackType
from typing import Self, TypeVar

from analytics_hub.domain.errors import RateLimited, TryLater
from analytics_hub.domain.tenant import TenantId

_T = TypeVar("_T")


class FittingPlaces:
    """`threads`: models fitted at a time. `tenant_max`: works of one tenant, waiting ones too."""

    def __init__(self, *, threads: int, tenant_max: int, wait_s: float) -> None:
        self._threads = ThreadPoolExecutor(threads, "fitting")
        self._tenant_max = tenant_max
        self._wait_s = wait_s
        self._of_tenant = Counter[TenantId]()
        self._lock = Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, tenant: TenantId, work: Callable[[Event], _T]) -> _T:
        """Raises RateLimited for one too many of a tenant, TryLater past the deadline. `work` ends soon after the event
        is set: nobody waits for it any more.
        """
        self._enter(tenant)
        stop = Event()
        running = self._threads.submit(work, stop)
        running.add_done_callback(lambda _: self._leave(tenant))
        try:
            async with asyncio.timeout(self._wait_s):
                return await asyncio.wrap_future(running)
        except TimeoutError as error:
            raise TryLater(
                "forecast_too_slow", f"There was no forecast within {self._wait_s:g} s."
            ) from error
        finally:
            stop.set()

    def _enter(self, tenant: TenantId) -> None:
        with self._lock:
            if self._of_tenant[tenant] >= self._tenant_max:
                raise RateLimited("too_many_forecasts", "Your tenant's other forecasts are still being made.")
            self._of_tenant[tenant] += 1

    def _leave(self, tenant: TenantId) -> None:
        """Called from the thread, or from here when it had not begun."""
        with self._lock:
            self._of_tenant[tenant] -= 1
            if not self._of_tenant[tenant]:
                del self._of_tenant[tenant]
