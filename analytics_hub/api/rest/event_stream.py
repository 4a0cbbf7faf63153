"""A live stream as Server-Sent Events: an ASGI response that lasts.

In: how to open the stream, and how its messages are spelled. Out: events, comments while nothing happens, an end with
its reason. It ends when the stream does, when the client goes, or when the client does not take what is sent: then what
it holds in this process is given back, whether it ever reads again or not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Generic, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from analytics_hub.domain.live import EndReason, LiveEnd
from analytics_hub.query.live_subscription import Subscription
from analytics_hub.settings import LiveSettings

EVENT_STREAM: Final = "text/event-stream"
_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Vary": "Authorization",
    "X-Accel-Buffering": "no",  # a proxy that collects the answer before it hands it on
}
_KEEP_ALIVE: Final = b":\n\n"

_Update = TypeVar("_Update")


class EventStream(Response, Generic[_Update]):
    """What opening it raises is raised before the answer begins."""

    media_type = EVENT_STREAM

    def __init__(
        self,
        open_stream: Callable[[], AbstractAsyncContextManager[Subscription[_Update]]],
        spell: Callable[[_Update | LiveEnd], bytes | Awaitable[bytes]],
        settings: LiveSettings,
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._open = open_stream
        self._spell = spell
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._open() as stream:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope["state"].get("head"):
                await send({"type": "http.response.body", "body": b""})
                return
            await _first_of(self._send_all(stream, send), _gone(receive), self._cut(stream))

    async def _send_all(self, stream: Subscription[_Update], send: Send) -> None:
        await self._write(stream, send, f"retry: {self._settings.retry_ms}\n\n".encode())
        while True:
            try:
                async with asyncio.timeout(self._settings.keep_alive_s):
                    message = await stream.next()
            except TimeoutError:
                await self._write(stream, send, _KEEP_ALIVE)
                continue
            if message is None:
                break
            spelled = self._spell(message)
            await self._write(stream, send, spelled if isinstance(spelled, bytes) else await spelled)
        await send({"type": "http.response.body", "body": b""})

    async def _write(self, stream: Subscription[_Update], send: Send, text: bytes) -> None:
        try:
            async with asyncio.timeout(self._settings.write_s_max):
                await send({"type": "http.response.body", "body": text, "more_body": True})
        except TimeoutError:
            stream.end(EndReason.SLOW_READER, "Nothing was taken for too long.")
            raise

    async def _cut(self, stream: Subscription[_Update]) -> None:
        """The last messages have so long to be taken."""
        await stream.ended.wait()
        await asyncio.sleep(self._settings.end_s_max)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first_of(*ways: Coroutine[Any, Any, None]) -> None:
    """Until one of them ends; the others are cancelled. A slow reader's own time-out is no fault of ours."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if (error := task.exception()) and not isinstance(error, TimeoutError):
            raise error
