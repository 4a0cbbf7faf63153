"""What becomes of jobs whose process says nothing any more: they begin again, so often, and are given up then.

In: the queue's own books. Out: nothing; jobs are waiting again, or failed. One process at a time looks.
"""

import asyncio
from contextlib import AbstractContextManager
from typing import Protocol

import structlog
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import HubError
from analytics_hub.settings import JobSettings

_LOG = structlog.get_logger(__name__)


class Alone(Protocol):
    def alone(self) -> AbstractContextManager[bool]:
        """Whether nobody else is in here."""
        ...


class Rescue:
    def __init__(self, manager: JobManager, alone: Alone, clock: Clock, settings: JobSettings) -> None:
        self._manager = manager
        self._alone = alone
        self._clock = clock
        self._settings = settings

    async def for_ever(self) -> None:
        """Twice as often as a process counts as lost. What fails is told and tried again."""
        while True:
            try:
                await self.once()
            except HubError as error:
                _LOG.warning("lost jobs could not be looked for", error=str(error))
            await asyncio.sleep(self._settings.stalled_s / 2)

    async def once(self) -> None:
        with self._alone.alone() as alone:
            if not alone:
                return
            silent_s = self._settings.stalled_s
            for job in await self._manager.get_stalled_jobs(seconds_since_heartbeat=silent_s):
                await self._decide(job)

    async def _decide(self, job: Job) -> None:
        again = job.attempts + 1 < self._settings.attempts_max
        _LOG.warning("job of a lost process", job=job.task_name, again=again, **job.task_kwargs)
        if again:
            try:
                await self._manager.retry_job(job, retry_at=self._clock.now())
                return
            except UniqueViolation:
                pass  # the same job waits already
        await self._manager.finish_job(job, Status.FAILED, delete_job=False)
