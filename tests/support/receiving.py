"""A client's body as an ASGI server hands it over, piece by piece.

In: pieces. Out: `receive` for the code under test, and how much of the body it asked for.
"""

import asyncio
from collections.abc import Iterable, Iterator

from starlette.types import Message


class Receiving:
    """`endless` repeats the pieces for ever; `then` says what follows the last one."""

    def __init__(self, pieces: Iterable[bytes], *, endless: bool = False, then: str = "end") -> None:
        self._pieces: Iterator[bytes] = iter(list(pieces))
        self._again = list(pieces) if endless else []
        self._then = then
        self.given_bytes = 0
        self.asked = 0

    async def __call__(self) -> Message:
        self.asked += 1
        piece = next(self._pieces, None)
        if piece is None and self._again:
            self._pieces = iter(self._again)
            piece = next(self._pieces)
        if piece is not None:
            self.given_bytes += len(piece)
            return {"type": "http.request", "body": piece, "more_body": True}
        if self._then == "silence":
            await asyncio.get_running_loop().create_future()
        if self._then == "disconnect":
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}
