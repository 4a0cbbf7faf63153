"""An answer that lasts, from an ASGI app in this process: sent is a request, read is one event after the other.

In: an app and a request's body. Out: `events.next()`, name and data. Every wait has a deadline.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.types import Message

WAIT_S = 120.0


class Events:
    """What an app sends; comments and `retry` are left out."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.last_id = ""
        """What an event source would come back with."""
        self._text = ""

    async def start(self) -> tuple[int, str]:
        """Status and content type."""
        begun = await self._message()
        assert begun["type"] == "http.response.start"
        return begun["status"], dict(begun["headers"])[b"content-type"].decode()

    async def next(self) -> tuple[str, Any]:
        """Name and data of the next event."""
        while True:
            while "\n\n" not in self._text:
                message = await self._message()
                self._text += message["body"].decode()
            event, _, self._text = self._text.partition("\n\n")
            fields = dict(line.split(":", 1) for line in event.splitlines() if not line.startswith(":"))
            self.last_id = fields.get("id", self.last_id).strip()
            if "event" in fields:
                data = fields.get("data", "").strip()
                return fields["event"].strip(), orjson.loads(data) if data else None

    async def _message(self) -> Message:
        async with asyncio.timeout(WAIT_S):
            return await self.sent.get()


@asynccontextmanager
async def streamed(
    app: FastAPI, path: str, key: str, content: bytes = b"", more: Mapping[str, str] | None = None
) -> AsyncIterator[Events]:
    """POST of JSON that takes an event stream, or GET without content; at the end the client goes away."""
    events, body = Events(), [content]
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "accept": "text/event-stream",
        **(more or {}),
    }
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST" if content else "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "state": {},
    }

    async def receive() -> Message:
        if body:
            return {"type": "http.request", "body": body.pop(), "more_body": False}
        await events.gone.wait()
        return {"type": "http.disconnect"}

    async with app.router.lifespan_context(app):
        answering = asyncio.create_task(app(scope, receive, events.sent.put))
        try:
            yield events
        finally:
            events.gone.set()
            async with asyncio.timeout(WAIT_S):
                await answering
