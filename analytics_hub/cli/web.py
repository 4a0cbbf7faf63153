"""Runs an ASGI app in this process until somebody asks it to stop.

In: an app, an address, and what to do before the end. Out: nothing until SIGINT or SIGTERM; then `drain` runs, open
requests end, and it returns. A second signal stops at once. Used by `serving.py` and `collecting.py`.
"""

import asyncio
import gc
import logging
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import structlog
import uvloop
from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.embed import Server

from analytics_hub.domain.errors import Conflict, HubError

_LOG = structlog.get_logger(__name__)

_BACKLOG: Final = 1024  # connections that the kernel keeps while they wait to be let in
_COLLECT_EVERY: Final = 50_000  # containers made and not freed; some 10 MB
_OWN_FILES: Final = 256  # connections to databases and brokers, logs, the interpreter's own

_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)

App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI app; the framework's own name for it is not for the command line."""


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run the serving process's coroutine in an event loop made for it: bare requests of 600 bytes through this server
    took 83 µs of a core each instead of 125 (ASGI on granian 2.8, 2 cores, 16 connections).
    """
    uvloop.run(main)


def free_port(host: str, wanted: int, variable: str) -> int:
    """The port to listen on; a free one for 0. Raises Conflict when somebody else listens there."""
    with socket.socket() as probe:
        # As the server does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            raise Conflict(
                "port_taken",
                f"{host}:{wanted} cannot be listened on: {error.strerror}; {variable} names another",
            ) from error
        return int(probe.getsockname()[1])


class ListeningServer(Server):
    """The server on a socket of ours, so that a client which stops reading loses its connection and all that the system
    and the server hold for it. An application can only stop sending: what it sent before would wait for ever.
    """

    def __init__(self, app: App, *, silent_s: float, **bounds: Any) -> None:
        super().__init__(app, **bounds)
        self._silent_ms = int(silent_s * 1000)

    def _init_shared_socket(self) -> None:
        listener = socket.create_server((self.bind_addr, self.bind_port), backlog=self.backlog)
        listener.setblocking(False)
        if _USER_TIMEOUT is not None:  # connections inherit it from the socket that they come through
            listener.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, self._silent_ms)
        # Its stub says nothing of arguments.
        holder = SocketHolder(listener.detach(), False, self.backlog)  # type: ignore[call-arg]
        self._shd, self._sfd = holder, holder.get_fd()  # type: ignore[assignment]


async def serve_app(
    app: App,
    host: str,
    port: int,
    *,
    clients_max: int,
    silent_s: float,
    ready: Callable[[], None],
    drain: Callable[[], Awaitable[None]],
) -> None:
    """Serve until asked to stop. `ready` is called when the first request can come."""
    _allow_files(clients_max + _OWN_FILES)
    # What it has to say is said by us; its own start-up lines would bury the address and the key.
    logging.getLogger("_granian").setLevel(logging.ERROR)
    server = ListeningServer(
        app,
        silent_s=silent_s,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        # Its own default is 128 connections, idle ones included: so many quiet clients would lock everybody out.
        backpressure=clients_max,
        backlog=_BACKLOG,
    )
    asked = _stop_signals(server)
    stopping = asyncio.create_task(_stop(server, asked, drain))
    announcing = asyncio.create_task(_announce(host, port, ready))
    try:
        await server.serve()
    finally:
        for task in (stopping, announcing):
            task.cancel()
        await asyncio.gather(stopping, announcing, return_exceptions=True)


def _allow_files(wanted: int) -> None:
    """Every connection is an open file, and many systems begin with 1,024 of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        _LOG.warning("few files may be open", allowed=allowed, wanted=wanted)


def _stop_signals(server: Server) -> asyncio.Event:
    """Set by the first signal; a second one does not wait for the drain."""
    asked = asyncio.Event()

    def ask() -> None:
        if asked.is_set():
            server.stop()  # type: ignore[no-untyped-call]
        asked.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    return asked


async def _stop(server: Server, asked: asyncio.Event, drain: Callable[[], Awaitable[None]]) -> None:
    await asked.wait()
    try:
        await drain()
    except (HubError, TimeoutError) as error:
        _LOG.error("stopped before everything was finished", error=str(error))
    finally:
        server.stop()  # type: ignore[no-untyped-call]


async def _announce(host: str, port: int, ready: Callable[[], None]) -> None:
    """Wait until the server listens, then say so."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        # What is loaded by now stays: a full collection would walk all of it (some 0.1 s) in the middle of a request.
        gc.collect()
        gc.freeze()
        # An answer of thousands of points is made of short-lived dicts: with the interpreter's own threshold whoever
        # asks waits for one collection after the other.
        gc.set_threshold(_COLLECT_EVERY)
        ready()
        return
