"""One document of the issuer over HTTP: bounded in time and length, no redirect, no proxy, the system's certificates.

In: an address that is https or on this machine. Out: the bytes of a 200. Everything else is a FetchFailed.
"""

import asyncio
import socket
import ssl
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from analytics_hub.domain.web_address import is_trustworthy

_PIECE_BYTES: Final = 65_536
_HEADERS: Final = {"Accept": "application/json", "User-Agent": "llm-analytics-hub", "Connection": "close"}


class FetchFailed(Exception):  # noqa: N818
    """The issuer does not answer, or not with what it should; in words for the operator."""


async def fetch(url: str, *, wait_s: float, bytes_max: int) -> bytes:
    """The body, after `wait_s` at the latest."""
    if not is_trustworthy(url):
        raise FetchFailed(f"{url!r} is not https, nor on this machine")
    call = _Call(url, wait_s, bytes_max)
    try:
        async with asyncio.timeout(wait_s):
            return await asyncio.to_thread(call.read)
    except TimeoutError as error:
        raise FetchFailed(f"{url}: no answer within {wait_s:g} s") from error
    except (OSError, HTTPException, ValueError) as error:
        raise FetchFailed(f"{url}: {type(error).__name__}: {error}") from error
    finally:
        call.hang_up()


class _Call:
    """One request in a thread. The time-out of a socket is that of one read: the whole ends by hanging up."""

    def __init__(self, url: str, wait_s: float, bytes_max: int) -> None:
        self._url = url
        self._parts = urlsplit(url)
        self._bytes_max = bytes_max
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            self._connection: HTTPConnection = HTTPSConnection(
                host, port, timeout=wait_s, context=ssl.create_default_context()
            )
        else:
            self._connection = HTTPConnection(host, port, timeout=wait_s)
        self._socket: socket.socket | None = None
        self._over = False

    def read(self) -> bytes:
        with closing(self._connection):
            self._connection.connect()
            self._socket = self._connection.sock
            if self._over:
                raise FetchFailed(f"{self._url}: too late")
            target = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
            self._connection.request("GET", target, headers=_HEADERS)
            with self._connection.getresponse() as answer:
                if answer.status != 200:
                    raise FetchFailed(f"{self._url}: status {answer.status}")
                return self._body(answer)

    def hang_up(self) -> None:
        """Wakes the thread that still reads: closing alone would not."""
        self._over = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _body(self, answer: HTTPResponse) -> bytes:
        body = bytearray()
        while piece := answer.read1(_PIECE_BYTES):
            body += piece
            if len(body) > self._bytes_max:
                raise FetchFailed(f"{self._url}: longer than {self._bytes_max} bytes")
        return bytes(body)
