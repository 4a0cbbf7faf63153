"""The serving process of `hub up`: API, collector, closer and ledger watch side by side in one event loop, until
somebody asks it to stop.

In: an opened hub. Out: nothing until SIGINT or SIGTERM; then what was taken is committed and answered, the pools
close, and it returns. Used by `up.py` and `demo.py`; the collector alone is `collecting.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace

import structlog

from analytics_hub.api.admission import Admission
from analytics_hub.api.app import create_app
from analytics_hub.api.services import Services
from analytics_hub.cli.closing import close_due_hours
from analytics_hub.cli.collecting import open_collector, open_group_commit
from analytics_hub.cli.jobs_beside import run_jobs_beside
from analytics_hub.cli.ledger_watch import watch_ledger
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.replaying import open_replays
from analytics_hub.cli.retaining import retain_for_ever
from analytics_hub.cli.services import open_services
from analytics_hub.cli.web import run, serve_app
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import HubError
from analytics_hub.settings import Settings
from ingest.http.collector import Collector
from ingest.http.endpoint import CollectorFront
from ingest.http.openapi import describe_events

_LOG = structlog.get_logger(__name__)


def serve(hub: OpenedHub, port: int, ready: Callable[[], None], *, jobs: bool = False) -> None:
    """Serve until asked to stop. `ready` is called when the first request can come. `jobs`: in a process beside."""
    run(_serve(hub, port, ready, jobs=jobs))


async def _serve(hub: OpenedHub, port: int, ready: Callable[[], None], *, jobs: bool) -> None:
    api = hub.settings.api
    async with open_services(hub, "hub-api") as services, open_group_commit(hub) as acceptor:
        with (
            open_collector(hub, services.authenticator, acceptor) as collector,
            open_replays(hub, services.dead_letters, acceptor) as replays,
        ):
            answering = replace(services, ready=_both_ready(services, collector), replays=replays)
            admission = Admission(
                hub.settings.admission, SystemClock(), connections=_for_questions(hub.settings)
            )
            app = create_app(
                lambda: nullcontext(answering), api, admission=admission, graphql=hub.settings.graphql
            )
            describe_events(app, collector.settings)
            front = CollectorFront(
                collector,
                app,
                SystemClock(),
                query_string_bytes_max=api.query_string_bytes_max,
                reads=True,
            )

            async def drain() -> None:
                services.live.stop()
                await collector.drain()

            beside = [
                asyncio.create_task(_close_for_ever(hub)),
                asyncio.create_task(watch_ledger(hub)),
                asyncio.create_task(retain_for_ever(hub)),
            ]
            if jobs:
                beside.append(asyncio.create_task(run_jobs_beside(hub)))
            try:
                await serve_app(
                    front,
                    api.host,
                    port,
                    clients_max=api.clients_max,
                    silent_s=api.client_silent_s,
                    ready=ready,
                    drain=drain,
                )
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)


def _for_questions(settings: Settings) -> int:
    """Reader connections that questions may share: live views ask beside them, without a place."""
    return max(1, settings.database.reader_pool_max - settings.live.asking_max)


def _both_ready(services: Services, collector: Collector) -> Callable[[], Awaitable[None]]:
    async def ready() -> None:
        collector.gate.check_ready()
        await services.ready()

    return ready


async def _close_for_ever(hub: OpenedHub) -> None:
    """Round after round. A round that fails is told and tried again: answers stay exact without it."""
    while True:
        try:
            await asyncio.to_thread(close_due_hours, hub)
        except HubError as error:
            _LOG.warning("closing hours failed", error=str(error))
        await asyncio.sleep(hub.settings.closer.every_s)
