"""The queue of jobs: rounds by the clock, one job a tenant, and what to do with jobs whose process has ended.

In: an address of hub_maint with the schema `hub_jobs` in its search path, what runs a job of a tenant, the settings.
Out: a `JobQueue` that works until it is stopped. A round lists the tenants page by page and queues their jobs; a
tenant's jobs never run at the same time (lock), and none waits twice (queueing lock). Arguments are numbers of
tenants and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, JobAborted
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.job import JobName
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.catalog import PRIORITIES, schedules
from analytics_hub.settings import JobSettings

_LOG = structlog.get_logger(__name__)
_QUEUE: Final = "hub"
_URGENT: Final = 100
"""What keeps the queue going comes before what is in it."""
_MISSED: Final = timedelta(days=8)
"""A round that nobody was there for is made up for at the start, even a weekly one."""
_SPARE_CONNECTIONS: Final = 2
_CONNECT_WAIT_S: Final = 30.0

RunTenant = Callable[[JobName, TenantId], Awaitable[int]]
ListTenants = Callable[[TenantId | None, int], Sequence[TenantId]]


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
        tenants: ListTenants,
        clock: Clock,
        settings: JobSettings,
    ) -> None:
        self._run = run
        self._tenants = tenants
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
        self._add_housekeeping()

    async def work(self, *, wait: bool = True) -> None:
        """Until SIGINT or SIGTERM; without `wait` until nothing is left to do."""
        settings = self._settings
        async with self._app.open_async():
            await self._rescue()
            await self._app.run_worker_async(
                queues=[_QUEUE],
                concurrency=settings.at_once,
                wait=wait,
                fetch_job_polling_interval=settings.poll_s,
                abort_job_polling_interval=settings.poll_s,
                shutdown_graceful_timeout=settings.stop_s,
                # Polled: a listener would hold a connection for each process to be told of hourly work.
                listen_notify=False,
                # What became of a run stands in hub.job_runs.
                delete_jobs="successful",
                update_heartbeat_interval=settings.heartbeat_s,
                stalled_worker_timeout=settings.stalled_s,
            )

    async def queue_round(self, job: JobName) -> int:
        """A job for every tenant that has none waiting; how many."""
        after: TenantId | None = None
        queued = 0
        while page := await asyncio.to_thread(self._tenants, after, self._settings.page_tenants):
            queued += await self._queue([self._job(job, tenant) for tenant in page])
            after = page[-1]
        _LOG.info("round queued", job=job.value, jobs=queued)
        return queued

    def _add_job(self, job: JobName) -> None:
        async def run_tenant(tenant_id: int) -> None:
            await self._run(job, TenantId(tenant_id))

        self._app.task(name=_job_name(job), queue=_QUEUE, retry=_Again())(run_tenant)

    def _add_round(self, job: JobName, cron: str) -> None:
        name = f"round:{job.value}"

        async def round_of(timestamp: int) -> None:  # noqa: ARG001 - the schedule gives it
            await self.queue_round(job)

        task = self._app.task(
            name=name, queue=_QUEUE, priority=_URGENT, lock=name, queueing_lock=name, retry=_Again()
        )
        self._app.periodic(cron=cron, periodic_id=name)(task(round_of))

    def _add_housekeeping(self) -> None:
        async def rescue(timestamp: int) -> None:  # noqa: ARG001
            await self._rescue()

        async def sweep(timestamp: int) -> None:  # noqa: ARG001
            await self._app.job_manager.delete_old_jobs(
                self._settings.queue_days * 24,
                include_failed=True,
                include_cancelled=True,
                include_aborted=True,
            )

        for name, cron, task in (("rescue", "* * * * *", rescue), ("sweep", "27 * * * *", sweep)):
            made = self._app.task(name=name, queue=_QUEUE, priority=_URGENT, lock=name, queueing_lock=name)
            self._app.periodic(cron=cron, periodic_id=name)(made(task))

    async def _rescue(self) -> None:
        """Jobs of processes that say nothing any more begin again, so often; then they are given up until the next
        round: what ends its process each time must not do so for ever."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._settings.stalled_s):
            again = job.attempts + 1 < self._settings.attempts_max
            _LOG.warning("job of a lost process", job=job.task_name, again=again, **job.task_kwargs)
            if again and await self._begin_again(job):
                continue
            await manager.finish_job(job, Status.FAILED, delete_job=False)

    async def _begin_again(self, job: Job) -> bool:
        """False where the same job waits already, or was taken up meanwhile."""
        try:
            await self._app.job_manager.retry_job(job, retry_at=self._clock.now())
        except ConnectorException:
            return False
        return True

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


def _job_name(job: JobName) -> str:
    return f"job:{job.value}"
