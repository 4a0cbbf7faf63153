"""The outermost layer of every request: its id, its bounds, its metrics, its trace, and the net under
everything unforeseen.

A stream of events is timed until it begins: how long it lasts is its reader's affair.

Pure ASGI, because it must see what the framework does with errors. HEAD is answered as GET without the body, on every
route: the same work, unless the caller holds a tag that still stands (`rest/etag.py`). A client's own `X-Request-Id` is
kept when it is short and harmless, so that traces can be joined; else a new one is made.
"""

import random
import re
from functools import lru_cache

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics_hub.api.errors import problem, unforeseen
from analytics_hub.domain.clock import Clock
from analytics_hub.telemetry import HTTP_REQUESTS, HTTP_SECONDS, span

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
# Distinct, not secret; seeded by the system once, because asking it for every request takes longer than the rest.
_ids = random.Random()  # noqa: S311
_log = structlog.get_logger(__name__)


class RequestLayer:
    """Wraps the whole app."""

    def __init__(self, app: ASGIApp, *, clock: Clock, query_string_bytes_max: int) -> None:
        self._app = app
        self._clock = clock
        self._query_string_bytes_max = query_string_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started_s = self._clock.monotonic_s()
        method, status = scope["method"], 0
        streaming_s: float | None = None
        if method == "HEAD":
            scope["method"] = "GET"
            scope["state"]["head"] = True

        async def watched(message: Message) -> None:
            nonlocal status, streaming_s
            if message["type"] == "http.response.start":
                status = message["status"]
                if (b"content-type", b"text/event-stream; charset=utf-8") in message.get("headers", []):
                    streaming_s = self._clock.monotonic_s() - started_s
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            elif method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                with span("request", parents=_traceparents(scope), server=True, request_id=request_id):
                    await self._bounded(scope, receive, watched, request_id)
            except Exception as error:
                _log.error("request broke", path=scope["path"], exc_info=error)
                if status:
                    raise  # the answer has begun: only the connection's end can tell the client
                await unforeseen(request_id)(scope, receive, watched)
            finally:
                route = _route(scope)
                requests, seconds = _metrics(_known(method), route, str(status))
                requests.inc()
                lasted_s = self._clock.monotonic_s() - started_s
                seconds.observe(lasted_s if streaming_s is None else streaming_s)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        if len(scope.get("query_string", b"")) > self._query_string_bytes_max:
            detail = f"A query string has at most {self._query_string_bytes_max} bytes."
            await problem(414, "query_too_long", detail, request_id=request_id)(scope, receive, send)
            return
        await self._app(scope, receive, send)


@lru_cache(maxsize=1024)
def _metrics(method: str, route: str, status: str) -> tuple[Counter, Histogram]:
    """The series of a kind of request; looked up by its labels once, not at each of thousands a second."""
    return HTTP_REQUESTS.labels(method, route, status), HTTP_SECONDS.labels(route)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return f"{_ids.getrandbits(128):032x}"


def _traceparents(scope: Scope) -> list[str]:
    """The caller's trace context, where it sends one; a malformed one begins a new trace."""
    return [str(value, "latin-1") for name, value in scope["headers"] if name == b"traceparent"][:1]


def _route(scope: Scope) -> str:
    """The path of the route, as the documentation writes it."""
    route = scope.get("route")
    return str(getattr(route, "path_format", getattr(route, "path", "unmatched")))


def _known(method: str) -> str:
    """Metrics must not grow with what strangers type."""
    return method if method in {"GET", "HEAD", "POST", "OPTIONS"} else "other"
