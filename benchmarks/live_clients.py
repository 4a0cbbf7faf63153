"""The readers of the live benchmark: streams, and the peer that asks `/v1/usage` every second instead.

In: an address, a key and a path for each reader. Out: when each of them first knew of how many events of its tenant.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from benchmarks.live_writer import Commit
from benchmarks.query_server import HOST

ANSWER_S = 60.0
_TOTAL = re.compile(rb'"total":\{"events":(\d+)')
_TAIL_BYTES = 65_536


@dataclass
class Reader(asyncio.Protocol):
    """One connection: `seen` is how many events it knew of, and since when."""

    tenant: int
    request: bytes
    seen: list[tuple[int, float]] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    statuses: list[int] = field(default_factory=list)
    transport: asyncio.Transport | None = None
    _buffer: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        at_s = time.monotonic()
        text = self._buffer + data
        end = 0
        for found in _TOTAL.finditer(text):
            end = found.end()
            self._know(int(found[1]), at_s)
        self._buffer = text[max(end, len(text) - _TAIL_BYTES) :]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the protocol's own
        self.gone.set()

    def _know(self, events: int, at_s: float) -> None:
        if not self.seen or events > self.seen[-1][0]:
            self.seen.append((events, at_s))
        self.ready.set()

    def latencies(self, commits: Sequence[Commit], from_s: float) -> list[float]:
        """Seconds from each commit of its tenant until this reader knew of it; infinite where it never did."""
        counts = [events for events, _ in self.seen]
        waits = []
        for commit in commits:
            if commit.tenant != self.tenant or commit.at_s < from_s:
                continue
            place = bisect_left(counts, commit.events)
            known_s = self.seen[place][1] if place < len(counts) else float("inf")
            waits.append(max(0.0, known_s - commit.at_s))
        return waits


def request_of(path: str, key: str, more: str = "") -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\nAccept: */*\r\n{more}\r\n"
    ).encode()


async def connect_reader(reader: Reader, port: int) -> None:
    """Returns when it has its first message."""
    await asyncio.get_running_loop().create_connection(lambda: reader, HOST, port)
    async with asyncio.timeout(ANSWER_S):
        await reader.ready.wait()


def stalled(port: int, path: str, key: str) -> socket.socket:
    """A client that asks and never reads, with little room for what it does not read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((HOST, port))
    client.sendall(request_of(path, key))
    return client


async def poll(
    reader: Reader, port: int, path: str, key: str, every_s: float, until_s: float, first_s: float
) -> None:
    """The peer: asks on time over one connection, with the tag of what it has; knows what an answer says."""
    read, write = await asyncio.open_connection(HOST, port)
    tag, due_s = "", first_s
    try:
        while due_s < until_s:
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            write.write(request_of(path, key, f"If-None-Match: {tag}\r\n" if tag else ""))
            async with asyncio.timeout(ANSWER_S):
                status, headers, body = await _answer(read)
            reader.statuses.append(status)
            if status == 200:
                tag = headers.get("etag", "")
                if found := _TOTAL.search(body):
                    reader._know(int(found[1]), time.monotonic())
            due_s = max(due_s + every_s, time.monotonic())
    finally:
        write.close()


async def _answer(read: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await read.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await read.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), headers, body
