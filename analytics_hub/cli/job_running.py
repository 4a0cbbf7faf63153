"""Opens what runs jobs: reader connections for the questions, connections of hub_maint for what is found, the queue.

In: an opened hub. Out: `OpenedJobs` inside an event loop. The tables of the queue are made on an embedded database on
the way; on another one they are only checked. Refused at the start: a schema that this program does not fit, a role
that could step over the barrier.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.services import check_reader, open_readers
from analytics_hub.domain.clock import Clock, SystemClock
from analytics_hub.jobs.alerts import LogAlerts
from analytics_hub.jobs.catalog import BODIES
from analytics_hub.jobs.process import JobProcess, bridged
from analytics_hub.jobs.queue import JobQueue
from analytics_hub.jobs.queue_texts import schema_changes, whole_schema
from analytics_hub.jobs.work import Tools
from analytics_hub.query.build import build
from analytics_hub.query.build_arrays import build_arrays
from analytics_hub.query.finding_memory import MemoryFindings
from analytics_hub.query.fitting import FittingPlaces
from analytics_hub.query.forecasting import ForecastRules, ForecastService
from analytics_hub.query.hours import HourService
from analytics_hub.query.month import MonthService
from analytics_hub.query.service import UsageService
from analytics_hub.storage.connections import Timeouts, connect, conninfo
from analytics_hub.storage.hour_store import PostgresHourStore
from analytics_hub.storage.job_desk import PostgresJobBook
from analytics_hub.storage.queue_schema import QueueTexts, check_queue, ensure_queue
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.usage_store import PostgresUsageStore
from models.forecasters.selected import quick_members

NAME: Final = "hub-jobs"


@dataclass(frozen=True, slots=True)
class OpenedJobs:
    """`process` runs a job of a tenant; `queue` says which, and when."""

    process: JobProcess
    queue: JobQueue


def job_book(hub: OpenedHub) -> PostgresJobBook:
    return PostgresJobBook(lambda: connect(hub.dsn("hub_maint"), NAME, _timeouts(hub)))


def make_queue(hub: OpenedHub) -> list[str]:
    """The tables of the queue, as hub_owner; the names of what was missing."""
    return ensure_queue(hub.dsn("hub_owner"), _queue_texts())


@asynccontextmanager
async def open_jobs(hub: OpenedHub, clock: Clock | None = None) -> AsyncIterator[OpenedJobs]:
    settings, clock = hub.settings, clock or SystemClock()
    embedded = settings.database.embedded
    if embedded:
        make_queue(hub)
    check_reader(hub)
    if not embedded:
        with connect(hub.dsn("hub_maint"), NAME, _timeouts(hub)) as conn:
            check_queue(conn, _queue_texts())
    book = job_book(hub)
    wait_s = settings.jobs.deadline_s
    places = FittingPlaces(threads=settings.jobs.at_once, tenant_max=settings.jobs.at_once, wait_s=wait_s)
    async with (
        open_readers(hub, NAME, wait_s=settings.database.pool_wait_s, serves=False) as pool,
        places,
    ):
        hours = _hour_store(hub)
        process = JobProcess(BODIES, _tools(hub, book, pool, hours, places, clock))
        address = conninfo(hub.dsn("hub_maint"), NAME, _timeouts(hub), search_path="hub_jobs")
        try:
            yield OpenedJobs(process, JobQueue(address, process.run, book, clock, settings.jobs))
        finally:
            process.close()
            book.close()
            hours.close()


def _hour_store(hub: OpenedHub) -> PostgresHourStore:
    query = hub.settings.query
    timeouts = replace(_timeouts(hub), statement_ms=query.statement_timeout_ms)
    return PostgresHourStore(
        lambda: connect(hub.dsn("hub_reader"), NAME, timeouts),
        build,
        build_arrays,
        work_mem_mb=query.work_mem_mb,
    )


def _tools(
    hub: OpenedHub,
    book: PostgresJobBook,
    pool: ReaderPool,
    hours: PostgresHourStore,
    places: FittingPlaces,
    clock: Clock,
) -> Tools:
    settings, loop = hub.settings, asyncio.get_running_loop()
    usage = UsageService(PostgresUsageStore(pool, build), spans_max=settings.query.spans_max)
    # A job asks no stored forecast: it makes them.
    rules = ForecastRules(quick_members(), settings.jobs.fits_max, timedelta())
    forecasts = ForecastService(usage.ask, MemoryFindings(), places, clock, rules)
    wait_s = settings.jobs.deadline_s
    return Tools(
        book=book,
        ask=bridged(usage.ask, loop, wait_s),
        hours=HourService(hours.snapshot, spans_max=settings.query.spans_max).ask,
        forecast=bridged(forecasts.ask, loop, wait_s),
        month=bridged(MonthService(usage.ask, places, clock, rules).ask, loop, wait_s),
        alerts=LogAlerts(),
        clock=clock,
        settings=settings.jobs,
    )


def _timeouts(hub: OpenedHub) -> Timeouts:
    return Timeouts(
        connect_s=hub.settings.database.connect_timeout_s,
        statement_ms=hub.settings.jobs.statement_timeout_ms,
    )


def _queue_texts() -> QueueTexts:
    return QueueTexts(whole_schema(), schema_changes())
