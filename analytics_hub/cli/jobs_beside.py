"""The process of jobs beside `hub up`: started, started again when it ends, and stopped with whoever started it.

In: an opened hub. Out: nothing until it is cancelled. The process reads the same environment, and its standard input
from here: that ends when this process does, whatever way it ends, and the jobs stop.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

import structlog

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.settings import JobSettings

_LOG = structlog.get_logger(__name__)
_COMMAND = (sys.executable, "-m", "analytics_hub.cli.main", "jobs", "run", "--until-stdin-ends")
_KILL_S = 5.0
"""Beyond the wait for its jobs: what stands still is ended."""


async def run_jobs_beside(hub: OpenedHub) -> None:
    """For ever. A process that ends at once is started again ever later, up to a bound."""
    settings = hub.settings.jobs
    loop = asyncio.get_running_loop()
    wait_s = settings.restart_wait_s
    while True:
        # In a group of its own: Ctrl-C reaches it through us, after the last request.
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=PIPE, stdout=DEVNULL, start_new_session=True
        )
        began_s = loop.time()
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            await _stop(process, settings)
            raise
        if loop.time() - began_s > settings.restart_wait_s_max:
            wait_s = settings.restart_wait_s
        _LOG.warning("the process of jobs ended", status=status, again_in_s=wait_s)
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, settings.restart_wait_s_max)


async def _stop(process: Process, settings: JobSettings) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(settings.stop_s + _KILL_S):
            await process.wait()
    except TimeoutError:
        _LOG.warning("the process of jobs did not stop in time")
        process.kill()
        await process.wait()
