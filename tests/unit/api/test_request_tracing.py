"""A request is a span in its caller's trace, and what it sends along carries that trace."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from analytics_hub.api.request_layer import RequestLayer
from analytics_hub.domain.clock import SystemClock
from analytics_hub.telemetry import traceparent
from tests.support.tracing import CALLER, CALLER_TRACE_ID, Spans, trace_id


def _request(headers: list[tuple[bytes, bytes]]) -> list[str]:
    """What the app inside saw as the trace context to send along."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(traceparent())

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None: ...

    scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": headers, "query_string": b""}
    layer = RequestLayer(app, clock=SystemClock(), query_string_bytes_max=100)
    asyncio.run(layer(scope, receive, send))
    return seen


def test_a_request_belongs_to_its_callers_trace() -> None:
    spans = Spans()
    [sent_along] = _request([(b"traceparent", CALLER.encode()), (b"x-request-id", b"request-1")])
    request = spans.finished()["request"]
    assert trace_id(request) == CALLER_TRACE_ID == sent_along.split("-")[1]
    assert request.attributes == {"request_id": "request-1"}


@pytest.mark.parametrize(
    "headers", [[], [(b"traceparent", b"\xff")], [(b"traceparent", b"00-0-0-0")]], ids=str
)
def test_without_a_readable_context_a_new_trace_begins(headers: list[tuple[bytes, bytes]]) -> None:
    spans = Spans()
    [sent_along] = _request(headers)
    request = spans.finished()["request"]
    assert request.parent is None
    assert sent_along.split("-")[1] == trace_id(request)
