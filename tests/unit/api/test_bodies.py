"""Bodies of requests that bring no events: a bound, a deadline, one shape."""

import asyncio
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request
from starlette.types import Message

from analytics_hub.api.rest.bodies import read_body
from analytics_hub.api.rest.replays_wire import ReplayRequestBody
from analytics_hub.domain.errors import InvalidInput, TooLarge, TooSlow


def asked(*chunks: bytes, silent: bool = False, wait_s: float = 30.0) -> ReplayRequestBody:
    """The body in these chunks; a silent client then never says that it has ended."""
    parts: list[Message] = [{"type": "http.request", "body": one, "more_body": True} for one in chunks]
    if not silent:
        parts.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        if not parts:
            await asyncio.Event().wait()
        return parts.pop(0)

    app = FastAPI()
    app.state = SimpleNamespace(request_bytes_max=50, request_wait_s=wait_s)  # type: ignore[assignment]
    return asyncio.run(read_body(Request({"type": "http", "app": app}, receive), ReplayRequestBody))


def test_a_body_in_pieces_is_read_whole() -> None:
    assert asked(b'{"ids": [', b"1, 2]}").ids == [1, 2]


def test_a_body_past_the_bound_is_refused_before_it_has_ended() -> None:
    with pytest.raises(TooLarge, match="body_too_large"):
        asked(b" " * 51, silent=True)


def test_a_body_that_does_not_end_is_left_at_the_deadline() -> None:
    with pytest.raises(TooSlow, match="body_too_slow"):
        asked(b'{"ids"', silent=True, wait_s=0.05)


def test_the_member_at_fault_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        asked(b'{"ids": [1, "2"]}')
    assert (caught.value.code, caught.value.field) == ("bad_body", "ids.1")
