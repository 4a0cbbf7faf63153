"""The queue of jobs: rounds by the clock, one job a tenant, and what to do with jobs whose process has ended.

In: an address of hub_maint with the schema `hub_jobs` in its search path, what runs a job of a tenant, the settings.
Out: a `JobQueue` that works until it is stopped. A round lists the tenants page by page and queues their jobs; a
tenant's jobs wait for each other (lock), and none waits twice (queueing lock). Arguments are numbers of tenants and
nothing else.

Scoring is queued by blocks of tenants, one after the other in one job: taking a job from the queue costs as much as
scoring a tenant. Whoever is at work for a tenant of a block holds the tenant's own lock (`storage/job_desk.py`); a
tenant that is busy gets a job of its own, and so do all of a block whose process ended under it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final, Protocol

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, JobAborted
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.domain.job import TENANT_BUSY, JobName
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.catalog import PRIORITIES, schedules
from analytics_hub.jobs.rescue import Alone, Rescue
from analytics_hub.settings import JobSettings

_LOG = structlog.get_logger(__name__)
_QUEUE: Final = "hub"
_URGENT: Final = 100
"""What keeps the queue going comes before what is in it."""
_MISSED: Final = timedelta(days=8)
"""A round that nobody was there for is made up for at the start, even a weekly one."""
_SWEEP: Final = "27 * * * *"
_SPARE_CONNECTIONS: Final = 2
_CONNECT_WAIT_S: Final = 30.0

_IN_BLOCKS: Final = JobName.SCORE
_BLOCK: Final = f"block:{_IN_BLOCKS.value}"

RunTenant = Callable[[JobName, TenantId], Awaitable[int]]


class QueueBook(Alone, Protocol):
    def tenants(self, after: TenantId | None, limit: int) -> Sequence[TenantId]:
        """A page of all tenants, by number."""
        ...


class _Again(BaseRetryStrategy):
    """A job that was cut off by the end of its process goes back into the queue; a failed one waits for its next
    round.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002
        cut_off = isinstance(exception, asyncio.CancelledError | JobAborted)
        return RetryDecision(retry_in={"seconds": 0}) if cut_off else None


class JobQueue:
    """One process's part in it."""

    def __init__(
        self,
        conninfo: str,
        run: RunTenant,
        book: QueueBook,
        clock: Clock,
        settings: JobSettings,
    ) -> None:
        self._run = run
        self._book = book
        self._clock = clock
        self._settings = settings
        connector = PsycopgConnector(
            conninfo=conninfo,
            min_size=1,
            max_size=settings.at_once + _SPARE_CONNECTIONS,
            timeout=_CONNECT_WAIT_S,
        )
        self._app = App(connector=connector, periodic_defaults={"max_delay": _MISSED.total_seconds()})
        for job, cron in schedules(settings).items():
            self._add_job(job)
            self._add_round(job, cron)
        self._add_blocks()
        self._add_sweep()

    async def work(self, stop: asyncio.Event) -> None:
        """Until it is asked to stop: then the jobs at work are waited for, so long. Raises TryLater when it ends by
        itself, as it does when the database stays away."""
        rescue = Rescue(self._app.job_manager, self._book, self._clock, self._settings)
        # Never cancelled while it opens: the pool would be left half open, and its tasks with it.
        async with self.opened():
            working = asyncio.create_task(self._worker())
            beside = [asyncio.create_task(rescue.for_ever()), asyncio.create_task(stop.wait())]
            await asyncio.wait([working, beside[1]], return_when=asyncio.FIRST_COMPLETED)
            for task in (working, *beside):
                task.cancel()
            (ended, *_) = await asyncio.gather(working, *beside, return_exceptions=True)
        if not stop.is_set():
            said = f": {ended}" if isinstance(ended, Exception) else ""
            raise TryLater("queue_ended", f"the queue of jobs ended by itself{said}", retry_after_s=5)

    def opened(self) -> AbstractAsyncContextManager[object]:
        """Its connections; for whoever only queues."""
        return self._app.open_async()

    async def _worker(self) -> None:
        settings = self._settings
        await self._app.run_worker_async(
            queues=[_QUEUE],
            concurrency=settings.at_once,
            fetch_job_polling_interval=settings.poll_s,
            abort_job_polling_interval=settings.poll_s,
            shutdown_graceful_timeout=settings.stop_s,
            # Polled: a listener would hold a connection for each process to be told of hourly work.
            listen_notify=False,
            # What became of a run stands in hub.job_runs.
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=settings.heartbeat_s,
            stalled_worker_timeout=settings.stalled_s,
        )

    async def queue_round(self, job: JobName) -> int:
        """A job for every tenant, or block of them, that has none waiting; how many."""
        after: TenantId | None = None
        queued = 0
        while page := await asyncio.to_thread(self._book.tenants, after, self._settings.page_tenants):
            if job is _IN_BLOCKS and self._settings.block_tenants > 1:
                blocks = dict.fromkeys(self._block_of(tenant) for tenant in page)
                queued += await self._queue([self._block(block) for block in blocks])
            else:
                queued += await self._queue([self._job(job, tenant) for tenant in page])
            after = page[-1]
        _LOG.debug("round queued", job=job.value, jobs=queued)
        return queued

    def _add_job(self, job: JobName) -> None:
        async def run_tenant(tenant_id: int) -> None:
            await self._run(job, TenantId(tenant_id))

        self._app.task(name=_job_name(job), queue=_QUEUE, retry=_Again())(run_tenant)

    def _add_blocks(self) -> None:
        async def run_block(context: JobContext, first: int, last: int) -> None:
            await self._run_block(first, last, is_again=context.job.attempts > 0)

        task = self._app.task(name=_BLOCK, queue=_QUEUE, retry=_Again(), pass_context=True)
        task(run_block)

    async def _run_block(self, first: int, last: int, *, is_again: bool) -> None:
        """Each by itself. Raises at the end when some failed, and at once when the database is away."""
        listed = await asyncio.to_thread(self._book.tenants, TenantId(first - 1), last - first + 1)
        tenants = [tenant for tenant in listed if tenant <= last]
        if is_again:
            await self._queue([self._job(_IN_BLOCKS, tenant) for tenant in tenants])
            return
        failed = 0
        for tenant in tenants:
            try:
                await self._run(_IN_BLOCKS, tenant)
            except TryLater as error:
                if error.code != TENANT_BUSY:
                    raise
                await self._queue([self._job(_IN_BLOCKS, tenant)])
            except Exception as error:  # noqa: BLE001  a model may throw anything: the next tenant has its turn
                failed += 1
                _LOG.warning("job failed", job=_IN_BLOCKS.value, tenant_id=int(tenant), error=str(error))
        if failed:
            raise Broken("tenants_failed", f"{failed} of {len(tenants)} tenants failed")

    def _add_round(self, job: JobName, cron: str) -> None:
        name = f"round:{job.value}"

        async def round_of(timestamp: int) -> None:  # noqa: ARG001 - the schedule gives it
            await self.queue_round(job)

        task = self._app.task(
            name=name, queue=_QUEUE, priority=_URGENT, lock=name, queueing_lock=name, retry=_Again()
        )
        self._app.periodic(cron=cron, periodic_id=name)(task(round_of))

    def _add_sweep(self) -> None:
        async def sweep(timestamp: int) -> None:  # noqa: ARG001
            await self._app.job_manager.delete_old_jobs(
                self._settings.queue_days * 24,
                include_failed=True,
                include_cancelled=True,
                include_aborted=True,
            )

        name = "sweep"
        task = self._app.task(name=name, queue=_QUEUE, priority=_URGENT, lock=name, queueing_lock=name)
        self._app.periodic(cron=_SWEEP, periodic_id=name)(task(sweep))

    async def _queue(self, jobs: list[Job]) -> int:
        """In one statement; where some wait already, in halves until only those are left out."""
        try:
            await self._app.job_manager.batch_defer_jobs_async(jobs)
        except AlreadyEnqueued:
            if len(jobs) == 1:
                return 0
            middle = len(jobs) // 2
            return await self._queue(jobs[:middle]) + await self._queue(jobs[middle:])
        return len(jobs)

    def _job(self, job: JobName, tenant: TenantId) -> Job:
        return Job(
            queue=_QUEUE,
            priority=PRIORITIES[job],
            lock=f"tenant:{int(tenant)}",
            queueing_lock=f"{job.value}:{int(tenant)}",
            task_name=_job_name(job),
            task_kwargs={"tenant_id": int(tenant)},
        )

    def _block_of(self, tenant: TenantId) -> int:
        """The first number of its block."""
        return (tenant - 1) // self._settings.block_tenants * self._settings.block_tenants + 1

    def _block(self, first: int) -> Job:
        name = f"{_BLOCK}:{first}"
        return Job(
            queue=_QUEUE,
            priority=PRIORITIES[_IN_BLOCKS],
            lock=name,
            queueing_lock=name,
            task_name=_BLOCK,
            task_kwargs={"first": first, "last": first + self._settings.block_tenants - 1},
        )


def _job_name(job: JobName) -> str:
    return f"job:{job.value}"
