"""Reads the body of one request: within its length, its time and the room of the process, decompressed on the way.

In: the server's `receive` (as `Incoming`) and what the headers said. Out: the plain body, in one piece. Raises
TooLarge, TooSlow, InvalidInput for an empty or broken body, TryLater when the process has no room, `Gone` when nobody
is there to be answered. Long compressed pieces are decompressed on a thread, so that others are answered meanwhile.
"""

import asyncio
from concurrent.futures import Executor
from contextlib import suppress
from typing import Final

from starlette.types import Receive

from analytics_hub.domain.errors import InvalidInput, TooLarge, TooSlow
from analytics_hub.settings import CollectorSettings
from ingest.http.head import Head
from ingest.http.inflate import Inflater, too_large
from ingest.http.room import Hold

_PIECE_BYTES: Final = 256 * 1024  # compressed bytes that go to a thread together: fewer hops


class Gone(Exception):  # noqa: N818  a turn in the reading, never answered
    """The client has closed the connection."""


class Incoming:
    """The pieces of one request's body, in order; each is given once."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False
        self.received_bytes = 0

    async def next(self) -> bytes:
        """The next piece, perhaps empty; after it `ended` says whether it was the last."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        self.ended = not message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        self.received_bytes += len(piece)
        return piece

    async def discard(self, bytes_max: int, wait_s: float) -> None:
        """Read what is left and throw it away, up to a bound: a client that is cut off while it sends never sees why.

        A client that wants more than the bound or the time is cut off after all.
        """
        end_bytes = self.received_bytes + bytes_max
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while not self.ended and self.received_bytes <= end_bytes:
                    await self.next()


class BodyReader:
    """Reads bodies within one set of bounds."""

    def __init__(self, settings: CollectorSettings, inflate_threads: Executor) -> None:
        self._settings = settings
        self._threads = inflate_threads

    async def read(self, head: Head, incoming: Incoming, hold: Hold) -> bytes:
        """The body; what it takes of the room is in `hold`, for the caller to release."""
        settings = self._settings
        if head.length_bytes is not None and head.length_bytes > self._received_bytes_max(head):
            raise self._too_much_received(head)
        try:
            async with asyncio.timeout(settings.body_wait_s):
                if head.coding == "identity":
                    body = await self._plain(head, incoming, hold)
                else:
                    inflater = Inflater(
                        head.coding, bytes_max=settings.body_bytes_max, members_max=settings.members_max
                    )
                    body = await self._inflated(inflater, head, incoming, hold)
        except TimeoutError as error:
            message = f"The body did not arrive within {settings.body_wait_s:g} s."
            raise TooSlow("body_too_slow", message) from error
        if not body:
            raise InvalidInput("empty_body", "body", "The body is empty: send at least one event.")
        return body

    async def _plain(self, head: Head, incoming: Incoming, hold: Hold) -> bytes:
        piece = await self._next(head, incoming, hold)
        if incoming.ended:
            return piece  # most bodies come in one piece
        pieces = [piece]
        while not incoming.ended:
            pieces.append(await self._next(head, incoming, hold))
        return b"".join(pieces)

    async def _next(self, head: Head, incoming: Incoming, hold: Hold) -> bytes:
        """The next piece, within the bound on what is received."""
        piece = await incoming.next()
        if incoming.received_bytes > self._received_bytes_max(head):
            raise self._too_much_received(head)
        hold.take(len(piece))
        return piece

    async def _inflated(self, inflater: Inflater, head: Head, incoming: Incoming, hold: Hold) -> bytes:
        made: list[bytes] = []
        waiting: list[bytes] = []
        waiting_bytes = 0

        async def inflate() -> None:
            data = b"".join(waiting)
            waiting.clear()
            if len(data) <= self._settings.inflate_inline_bytes_max:
                some = inflater.feed(data)
            else:
                loop = asyncio.get_running_loop()
                some = await loop.run_in_executor(self._threads, inflater.feed, data)
            hold.take(sum(map(len, some)))
            made.extend(some)

        while not incoming.ended:
            piece = await self._next(head, incoming, hold)
            waiting.append(piece)
            waiting_bytes += len(piece)
            if waiting_bytes >= _PIECE_BYTES:
                await inflate()
                waiting_bytes = 0
        await inflate()
        inflater.finish()
        return b"".join(made)

    def _received_bytes_max(self, head: Head) -> int:
        settings = self._settings
        if head.coding == "identity":
            return min(settings.received_bytes_max, settings.body_bytes_max)
        return settings.received_bytes_max

    def _too_much_received(self, head: Head) -> TooLarge:
        if head.coding == "identity":
            return too_large(self._received_bytes_max(head))
        limit = self._settings.received_bytes_max
        return TooLarge("compressed_body_too_large", f"A body has at most {limit} bytes as it is sent.")
