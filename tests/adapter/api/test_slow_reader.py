"""A client that stops reading a stream, over a real socket: it is dropped, and nothing of it is left in the process."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import psutil
import pytest
from granian.constants import Interfaces

from analytics_hub.api.rest.event_stream import EventStream
from analytics_hub.cli.web import ListeningServer, free_port
from analytics_hub.domain.live import EndReason, LiveEnd, LiveMessage
from analytics_hub.query.live_subscription import LiveSubscription
from analytics_hub.settings import LiveSettings

HOST: Final = "127.0.0.1"
MESSAGE: Final = b"data: " + 200_000 * b"x" + b"\n\n"
REQUEST: Final = b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n"
WAIT_S: Final = 180.0


class Streams:
    """An app that does nothing but stream; every stream that it opened and has not closed."""

    def __init__(self) -> None:
        self.open: list[LiveSubscription] = []
        self.opened = 0
        self._settings = LiveSettings.model_construct(end_s_max=0.1)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = {}
        await EventStream(self._opened, _spelled, self._settings)(scope, receive, send)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[LiveSubscription]:
        stream = LiveSubscription(4)
        self.open.append(stream)
        self.opened += 1
        try:
            yield stream
        finally:
            self.open.remove(stream)


def _spelled(message: LiveMessage) -> bytes:
    return b"event: end\n\n" if isinstance(message, LiveEnd) else MESSAGE


@asynccontextmanager
async def serving(app: Streams) -> AsyncIterator[int]:
    port = free_port(HOST, 0, "PORT")
    server = ListeningServer(
        app,
        silent_s=1,
        address=HOST,
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_enabled=False,
        backlog=16,
        backpressure=16,
    )
    running = asyncio.create_task(server.serve())
    try:
        yield port
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        async with asyncio.timeout(WAIT_S):
            await running


async def connected(port: int) -> socket.socket:
    """A client that has sent its request and has little room for answers."""
    while True:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(client, (HOST, port))
        except OSError:
            client.close()
            await asyncio.sleep(0.01)
            continue
        await asyncio.get_running_loop().sock_sendall(client, REQUEST)
        return client


async def until(happened: Any) -> None:
    while not happened():
        await asyncio.sleep(0.01)


def held_by_server(client_port: int) -> bool:
    """Whether this process still has its end of a client's connection."""
    return any(
        one.raddr and one.raddr.port == client_port and one.status == psutil.CONN_ESTABLISHED
        for one in psutil.Process().net_connections("tcp")
    )


async def read_to_end(client: socket.socket) -> bytes:
    """The last bytes of the answer."""
    tail = b""
    while data := await asyncio.get_running_loop().sock_recv(client, 1 << 16):
        tail = (tail + data)[-100:]
        if b"event: end" in tail:
            break
    return tail


@pytest.mark.skipif(sys.platform != "linux", reason="the system must cut connections of silent clients")
def test_a_client_that_stops_reading_is_dropped_and_its_connection_given_back() -> None:
    async def main() -> None:
        app = Streams()
        async with asyncio.timeout(WAIT_S), serving(app) as port:
            slow = await connected(port)
            await until(lambda: app.opened)
            (stream,) = app.open
            while not stream.ended.is_set():
                stream.offer(object())  # type: ignore[arg-type]
                await asyncio.sleep(0)
            await until(lambda: not app.open)
            slow_port = slow.getsockname()[1]
            await until(lambda: not held_by_server(slow_port))
            slow.close()

    asyncio.run(main())


def test_a_client_that_reads_is_told_everything_while_another_does_not() -> None:
    async def main() -> None:
        app = Streams()
        async with asyncio.timeout(WAIT_S), serving(app) as port:
            slow = await connected(port)
            await until(lambda: app.opened == 1)
            quick = await connected(port)
            await until(lambda: app.opened == 2)
            unread, read = app.open
            reading = asyncio.create_task(read_to_end(quick))
            while not unread.ended.is_set():
                unread.offer(object())  # type: ignore[arg-type]
                await asyncio.sleep(0)
            assert not read.ended.is_set()
            read.end(EndReason.STOPPING)
            assert b"event: end" in await reading
            slow.close()
            quick.close()

    asyncio.run(main())
