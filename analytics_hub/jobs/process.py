"""Runs jobs in threads of this process, each within a deadline, and bridges them to the loop that asks.

In: the tools of a job without its way to ask, the use cases as coroutines. Out: `run`, which waits for a job of a
tenant. A thread cannot be ended from outside: past its deadline the job counts as failed and `overdue` is set, so
that whoever owns the process ends it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import structlog

from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.domain.job import JobName
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.work import Body, Tools, run_job

_LOG = structlog.get_logger(__name__)
_TRIES_MAX: Final = 3
_PAUSE_S: Final = 5.0
"""Doubled after each try: a database that restarts is back by then, and the next round is never far."""

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def bridged(
    ask: Callable[[_In], Awaitable[_Out]], loop: asyncio.AbstractEventLoop, wait_s: float
) -> Callable[[_In], _Out]:
    """Asked from a thread, answered by the loop."""

    async def asked(question: _In) -> _Out:
        return await ask(question)

    def from_thread(question: _In) -> _Out:
        coroutine: Coroutine[Any, Any, _Out] = asked(question)
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(wait_s)

    return from_thread


class JobProcess:
    """`overdue` is set when a job went on past its deadline."""

    def __init__(self, bodies: Mapping[JobName, Body], tools: Tools) -> None:
        self._bodies = bodies
        self.tools = tools
        self._threads = ThreadPoolExecutor(tools.settings.at_once, "job")
        self.overdue = asyncio.Event()

    async def run(self, job: JobName, tenant: TenantId) -> int:
        """The rows written. What can be tried again soon is."""
        for number in range(1, _TRIES_MAX + 1):
            try:
                return await self._once(job, tenant)
            except TryLater as error:
                if number == _TRIES_MAX:
                    raise
                _LOG.info("job begins again", job=job.value, tenant_id=int(tenant), error=str(error))
                await asyncio.sleep(_PAUSE_S * 2 ** (number - 1))
        raise AssertionError("unreachable")

    async def run_each(
        self, job: JobName, tenants: Sequence[TenantId]
    ) -> list[tuple[TenantId, int | Exception]]:
        """As many at a time as there are threads, in any order; what one throws stops no other."""
        places = asyncio.Semaphore(self.tools.settings.at_once)

        async def one(tenant: TenantId) -> tuple[TenantId, int | Exception]:
            async with places:
                try:
                    return tenant, await self.run(job, tenant)
                except Exception as error:  # noqa: BLE001  a model may throw anything
                    return tenant, error

        return await asyncio.gather(*map(one, tenants))

    def close(self) -> None:
        """Waits for nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _once(self, job: JobName, tenant: TenantId) -> int:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.tools.settings.deadline_s):
                return await loop.run_in_executor(
                    self._threads, run_job, job, self._bodies[job], tenant, self.tools
                )
        except TimeoutError as error:
            self.overdue.set()
            most = self.tools.settings.deadline_s
            raise Broken("job_overdue", f"{job.value} went on for more than {most:g} s") from error
