"""Reads Server-Sent Events from a running hub, one at a time.

In: an address, a path, a key. Out: `Stream.next()`, which gives the next event's name and its data; comments are left
out.
"""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

WAIT_S = 180.0
Event = tuple[str, Any]


@dataclass
class Stream:
    """An answer that lasts."""

    response: http.client.HTTPResponse

    def next(self) -> Event:
        """The next event. Raises EOFError when there is none any more."""
        fields: dict[str, str] = {}
        while line := self.response.readline():
            text = line.decode().rstrip("\n")
            if text:
                name, _, value = text.partition(": ")
                fields[name] = value
            elif "event" in fields:
                return fields["event"], orjson.loads(fields["data"])
        raise EOFError

    def until_end(self) -> Any:
        """The data of the end; whatever is told before it is left out."""
        while True:
            name, data = self.next()
            if name == "end":
                return data

    def until_events(self, wanted: int) -> set[int]:
        """Reads until the window has so many events. Every number that was told on the way: a minute may pass too."""
        told = set[int]()
        while wanted not in told:
            told.add(self.next()[1]["total"]["events"])
        return told


@contextmanager
def a_stream(address: str, key: str, path: str = "/v1/live?metrics=events") -> Iterator[Stream]:
    connection = http.client.HTTPConnection(address, timeout=WAIT_S)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        yield Stream(response)
    finally:
        connection.close()
