"""`hub jobs`: forecasts and incidents are made by jobs, in a process of their own; and how they went.

In: settings. Out: a process that works until it is stopped, or a table. What the jobs do is in `analytics_hub/jobs`.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final

import structlog
import typer

from analytics_hub.cli.console import ERR, OUT, note
from analytics_hub.cli.job_running import job_book, open_jobs
from analytics_hub.cli.job_table import last_errors, runs_table, summary_table
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.probes import probes
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.tenants import find_tenant, list_tenants
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import Broken, HubError
from analytics_hub.domain.job import JobName, JobState
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.catalog import schedules
from analytics_hub.telemetry.exporting import traced

_LOG = structlog.get_logger(__name__)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Make forecasts and find incidents, by the clock; see how that went.",
)

_LISTED: Final = timedelta(days=7)
_EXIT_OVERDUE: Final = 75  # whoever supervises starts it again


@app.command("run")
@guarded
def run(
    context: typer.Context,
    once: Annotated[
        JobName | None, typer.Option(help="Only this job, now, for each tenant; then stop.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="With --once: only this tenant.")] = "",
    until_stdin_ends: Annotated[
        bool, typer.Option("--until-stdin-ends", hidden=True, help="Stop when stdin ends.")
    ] = False,
) -> None:
    """Run the jobs of all tenants by the clock, until Ctrl-C. Several processes share the work."""
    settings = settings_of(context)
    if tenant and once is None:
        raise typer.BadParameter("--tenant goes with --once")
    # Its line for every job begun and ended says nothing that hub.job_runs does not.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with traced(settings.trace, "hub-jobs"), opened(settings) as hub:
        if once is None:
            overdue = asyncio.run(_work(hub, until_stdin_ends=until_stdin_ends))
        else:
            only = [find_tenant(hub, tenant).tenant_id] if tenant else _all(hub)
            ended, overdue = asyncio.run(_run_once(hub, once, only))
    if overdue:
        # At once: a thread that cannot be stopped would be waited for.
        ERR.print("a job went on past its deadline: the process ends with it")
        sys.stderr.flush()
        os._exit(_EXIT_OVERDUE)
    if once is None:
        ERR.print("stopped")
    else:
        _report(once, ended)


@app.command("list")
@guarded
def list_jobs(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="The runs of this tenant, one by one.")] = "",
    failed: Annotated[bool, typer.Option("--failed", help="The runs that failed, one by one.")] = False,
    limit: Annotated[int, typer.Option(help="Most runs shown.", min=1, max=1000)] = 20,
) -> None:
    """What is scheduled, and how the runs of the last week went."""
    settings = settings_of(context)
    clock = SystemClock()
    with opened(settings) as hub:
        book = job_book(hub)
        if tenant or failed:
            only = find_tenant(hub, tenant).tenant_id if tenant else None
            states = [JobState.FAILED, JobState.LOST] if failed else []
            OUT.print(runs_table(book.newest_runs(only, states, limit)))
            return
        known = {one.job: one for one in book.summaries(clock.now() - _LISTED)}
        OUT.print(summary_table(schedules(settings.jobs), known))
        for line in last_errors(known):
            OUT.print(f"[dim]last error of[/dim] {line}")


async def _work(hub: OpenedHub, *, until_stdin_ends: bool) -> bool:
    """True when it ended because a job could not be stopped."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings = hub.settings.jobs
    async with open_jobs(hub) as jobs:
        overdue = jobs.process.overdue
        ends = [_set_after(overdue.wait(), stop)]
        if until_stdin_ends:
            ends.append(_set_after(_stdin_ended(), stop))
        else:
            note("jobs run; Ctrl-C stops them")
        try:
            with probes(
                settings.host,
                settings.port,
                healthy=lambda: ["a job is past its deadline"] if overdue.is_set() else [],
                ready=lambda: ["stopping"] if stop.is_set() else [],
            ) as port:
                _LOG.info("jobs started", probes=f"http://{settings.host}:{port}")
                await jobs.queue.work(stop)
        finally:
            for task in ends:
                task.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
        return overdue.is_set()


def _set_after(end: Coroutine[Any, Any, object], stop: asyncio.Event) -> "asyncio.Task[None]":
    async def wait() -> None:
        await end
        stop.set()

    return asyncio.create_task(wait())


async def _stdin_ended() -> None:
    """Whoever started this process holds the other end, and lets go when it ends, whatever way it does."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass


async def _run_once(
    hub: OpenedHub, job: JobName, tenants: Sequence[TenantId]
) -> tuple[list[tuple[TenantId, int | HubError]], bool]:
    """A few at a time; what fails for one is told at the end. True when a job could not be stopped."""
    async with open_jobs(hub) as jobs:
        ended = [(tenant, _told(rows)) for tenant, rows in await jobs.process.run_each(job, tenants)]
        return ended, jobs.process.overdue.is_set()


def _told(rows: int | Exception) -> int | HubError:
    if isinstance(rows, int | HubError):
        return rows
    return Broken("job_failed", f"{type(rows).__name__}: {rows}")


def _report(job: JobName, ended: Sequence[tuple[TenantId, int | HubError]]) -> None:
    failed = [(tenant, rows) for tenant, rows in ended if isinstance(rows, HubError)]
    written = sum(rows for _, rows in ended if isinstance(rows, int))
    OUT.print(f"{job.value}: {len(ended) - len(failed)} tenants, {written:,} rows written")
    for tenant, error in failed:
        note(f"tenant {int(tenant)}: {error}")
    if failed:
        raise Broken("jobs_failed", f"{len(failed)} of {len(ended)} tenants failed")


def _all(hub: OpenedHub) -> list[TenantId]:
    return [tenant.tenant_id for tenant in list_tenants(hub)]
