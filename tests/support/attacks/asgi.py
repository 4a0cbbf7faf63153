"""One request to an ASGI app without a socket, by a client that may leave in the middle.

In: an app that is running, an `Ask`. Out: an `Answer`, or None when the client left before it had one.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from fastapi import FastAPI
from starlette.types import Message

PARQUET: Final = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is sent."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    method: str = "GET"
    blocks: int = 0
    """Of a stream: so many blocks (an empty line ends each) are read, then the client goes in peace."""

    @property
    def text(self) -> str:
        """All of it but the credentials."""
        return f"{self.method} {self.path} {self.params} {self.headers} {self.body!r}"


@dataclass(slots=True)
class Reply:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def text(self) -> str:
        """Headers and content as one text, whatever the format packs."""
        content = self.content
        if self.headers.get("content-type") == PARQUET:
            table = pq.read_table(pa.BufferReader(content))
            return f"{self.headers} {table.to_pylist()} {table.schema.metadata}"
        return f"{self.headers} {content.decode('utf-8', 'replace')}"


class ClientLeftError(Exception):
    """The client is gone: a server's `send` finds the connection closed."""


async def ask(app: FastAPI, sent: Ask, key: str, *, leaves: bool = False) -> Reply:
    """`leaves`: the client takes the head of the answer and goes."""
    headers = [(b"host", b"hub"), *((name.lower().encode(), text.encode()) for name, text in sent.headers)]
    if key:
        headers.append((b"authorization", f"Bearer {key}".encode()))
    reply, gone = Reply(), asyncio.Event()
    messages = [{"type": "http.request", "body": sent.body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = {name.decode().lower(): text.decode() for name, text in message["headers"]}
            if leaves:
                raise ClientLeftError
        elif message["type"] == "http.response.body":
            reply.content += message.get("body", b"")
            if sent.blocks and reply.content.count(b"\n\n") >= sent.blocks:
                gone.set()

    await app(_scope(app, sent, headers), receive, send)
    return reply


def _scope(app: FastAPI, sent: Ask, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    path: Mapping[str, Any] = {"path": sent.path, "raw_path": sent.path.encode(), "root_path": ""}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "query_string": urlencode(sent.params).encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("hub", 80),
        "app": app,
        **path,
    }
