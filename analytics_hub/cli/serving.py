"""The serving process: the API and the closer side by side in one event loop, until somebody asks it to
stop.

In: an opened hub. Out: nothing until SIGINT or SIGTERM; then open requests end, the pools close, and it
returns. Used by `up.py` and `demo.py`.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable

import structlog
from granian.constants import Interfaces
from granian.server.embed import Server

from analytics_hub.api.app import create_app
from analytics_hub.cli.closing import close_due_hours
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.services import open_services
from analytics_hub.domain.errors import Conflict, HubError

_LOG = structlog.get_logger(__name__)


def free_port(host: str, wanted: int) -> int:
    """The port to listen on; a free one for 0. Raises Conflict when somebody else listens there."""
    with socket.socket() as probe:
        # As the server does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            raise Conflict(
                "port_taken",
                f"{host}:{wanted} cannot be listened on: {error.strerror}; HUB_API_PORT names another",
            ) from error
        return int(probe.getsockname()[1])


def serve(hub: OpenedHub, port: int, ready: Callable[[], None]) -> None:
    """Serve until asked to stop. `ready` is called when the first request can come."""
    asyncio.run(_serve(hub, port, ready))


async def _serve(hub: OpenedHub, port: int, ready: Callable[[], None]) -> None:
    api = hub.settings.api
    # What it has to say is said by us; its own start-up lines would bury the address and the key.
    logging.getLogger("_granian").setLevel(logging.ERROR)
    server = Server(
        create_app(lambda: open_services(hub, "hub-api"), api),
        address=api.host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    closer = asyncio.create_task(_close_for_ever(hub))
    announcing = asyncio.create_task(_announce(api.host, port, ready))
    try:
        await server.serve()
    finally:
        for task in (closer, announcing):
            task.cancel()
        await asyncio.gather(closer, announcing, return_exceptions=True)


async def _announce(host: str, port: int, ready: Callable[[], None]) -> None:
    """Wait until the server listens, then say so."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        ready()
        return


async def _close_for_ever(hub: OpenedHub) -> None:
    """Round after round. A round that fails is told and tried again: answers stay exact without it."""
    while True:
        try:
            await asyncio.to_thread(close_due_hours, hub)
        except HubError as error:
            _LOG.warning("closing hours failed", error=str(error))
        await asyncio.sleep(hub.settings.closer.every_s)
