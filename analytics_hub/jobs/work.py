"""What a job is given to work with, and the way every job runs: on record, with progress, its failure told and no
more.

In: a job's name, a tenant, the tools of the process. Out: the rows written; raises what the job raised, after it
stands in `hub.job_runs`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.job import JobName, JobState
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.alerts import Alerts
from analytics_hub.jobs.ports import Ask, Forecast, JobBook, Month, Writer
from analytics_hub.settings import JobSettings
from analytics_hub.telemetry import JOB_SECONDS, JOBS_ENDED


@dataclass(frozen=True, slots=True)
class Work:
    """One run for one tenant."""

    tenant: TenantId
    now: datetime
    ask: Ask
    forecast: Forecast
    month: Month
    writing: Callable[[], AbstractContextManager[Writer]]
    progress: Callable[[int, int], None]
    last_done: Callable[[], datetime | None]
    """When the newest run of this job that ended well began."""
    drop_runs_before: Callable[[datetime], None]
    alerts: Alerts
    settings: JobSettings


Body = Callable[[Work], int]
"""What a job does: the rows that it wrote."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Of one process, for all its jobs."""

    book: JobBook
    ask: Ask
    forecast: Forecast
    month: Month
    alerts: Alerts
    clock: Clock
    settings: JobSettings


def run_job(job: JobName, body: Body, tenant: TenantId, tools: Tools) -> int:
    """In a thread: it waits for the database and for the processor. TryLater when the tenant is being worked for."""
    clock = tools.clock
    began_s = clock.monotonic_s()
    with tools.book.desk(tenant) as desk:
        run = desk.begin(job, clock.now())
        work = Work(
            tenant,
            clock.now(),
            tools.ask,
            tools.forecast,
            tools.month,
            desk.writing,
            lambda done, all_steps: desk.progress(run, done, all_steps),
            lambda: desk.last_done(job),
            desk.drop_runs_before,
            tools.alerts,
            tools.settings,
        )
        try:
            rows = body(work)
        except BaseException as error:
            desk.end(run, JobState.FAILED, clock.now(), error=f"{type(error).__name__}: {error}")
            JOBS_ENDED.labels(job.value, JobState.FAILED.value).inc()
            raise
        desk.end(run, JobState.DONE, clock.now(), rows=rows)
        if rows:
            desk.announce()
    JOBS_ENDED.labels(job.value, JobState.DONE.value).inc()
    JOB_SECONDS.labels(job.value).observe(clock.monotonic_s() - began_s)
    return rows
