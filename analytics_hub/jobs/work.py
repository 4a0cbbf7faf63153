"""What a job is given to work with, and the way every job runs: on record, with progress, its failure told and no
more.

In: a job's name, a tenant, the tools of the process. Out: the rows written; raises what the job raised, after it
stands in `hub.job_runs`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.job import JobName, JobState
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.alerts import Alerts
from analytics_hub.jobs.ports import Ask, AskHours, Forecast, JobBook, Month, Writer
from analytics_hub.settings import JobSettings
from analytics_hub.telemetry import JOB_SECONDS, JOBS_ENDED


@dataclass(frozen=True, slots=True)
class Work:
    """One run for one tenant."""

    tenant: TenantId
    now: datetime
    ask: Ask
    hours: AskHours
    forecast: Forecast
    month: Month
    writing: Callable[[], AbstractContextManager[Writer]]
    progress: Callable[[int, int], None]
    last_done: Callable[[], datetime | None]
    """When the newest run of this job that ended well began."""
    drop_runs_before: Callable[[datetime], None]
    alerts: Alerts
    settings: JobSettings


_PROGRESS_EACH_S: Final = 1.0

Body = Callable[[Work], int]
"""What a job does: the rows that it wrote."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Of one process, for all its jobs."""

    book: JobBook
    ask: Ask
    hours: AskHours
    forecast: Forecast
    month: Month
    alerts: Alerts
    clock: Clock
    settings: JobSettings


class _Progress:
    """Of a job that takes a moment nobody reads how far it is: at most one word a second is written, and the last."""

    def __init__(self, write: Callable[[int, int], None], clock: Clock) -> None:
        self._write, self._clock = write, clock
        self._written_s = clock.monotonic_s()
        self.steps = (0, 0)

    def __call__(self, done: int, all_steps: int) -> None:
        self.steps = (done, all_steps)
        now_s = self._clock.monotonic_s()
        if now_s - self._written_s >= _PROGRESS_EACH_S:
            self._written_s = now_s
            self._write(done, all_steps)


def run_job(job: JobName, body: Body, tenant: TenantId, tools: Tools) -> int:
    """In a thread: it waits for the database and for the processor. TryLater when the tenant is being worked for."""
    clock = tools.clock
    began_s = clock.monotonic_s()
    with tools.book.desk(tenant) as desk:
        run = desk.begin(job, clock.now())
        progress = _Progress(lambda done, all_steps: desk.progress(run, done, all_steps), clock)
        work = Work(
            tenant,
            clock.now(),
            tools.ask,
            tools.hours,
            tools.forecast,
            tools.month,
            desk.writing,
            progress,
            lambda: desk.last_done(job),
            desk.drop_runs_before,
            tools.alerts,
            tools.settings,
        )
        try:
            rows = body(work)
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
            desk.end(run, JobState.FAILED, clock.now(), steps=progress.steps, error=told)
            JOBS_ENDED.labels(job.value, JobState.FAILED.value).inc()
            raise
        desk.end(run, JobState.DONE, clock.now(), steps=progress.steps, rows=rows)
        if rows:
            desk.announce()
    JOBS_ENDED.labels(job.value, JobState.DONE.value).inc()
    JOB_SECONDS.labels(job.value).observe(clock.monotonic_s() - began_s)
    return rows
