"""`POST /v1/events` as a bare ASGI callable, before the framework: at thousands of requests a second its routing,
its models and its dependencies would cost more than the work.

In: an ASGI request. Out: the answer of `answer.py`, or the problem details of `analytics_hub/api/errors.py`. What
the framework would have documented by itself is in `openapi.py`.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_hub.api.errors import problem, problem_of
from analytics_hub.api.request_layer import RequestLayer
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, HubError, TooSlow, TryLater
from ingest.http.answer import answer
from ingest.http.body import Gone, Incoming
from ingest.http.collector import Collector

PATH: Final = "/v1/events"
_log = structlog.get_logger(__name__)


class EventsEndpoint:
    """The one route. `path` is its label in the metrics."""

    path = PATH

    def __init__(self, collector: Collector, methods: Sequence[str] = ("POST",)) -> None:
        self._collector = collector
        self._allowed = ", ".join(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self
        request_id = scope["state"]["request_id"]
        if scope["method"] != "POST":
            detail = f"Events are sent with POST, not with {scope['method'][:16]}."
            allowed = {"Allow": self._allowed}
            found = problem(405, "method_not_allowed", detail, request_id=request_id, headers=allowed)
            await found(scope, receive, send)
            return
        incoming = Incoming(receive)
        try:
            with self._collector.gate:
                found = await self._answer(scope, incoming, request_id)
                await found(scope, receive, send)
        except Gone:
            _log.info("client gone before it was answered")
        except TryLater as error:  # the gate's own
            await problem_of(error, request_id)(scope, receive, send)

    async def _answer(self, scope: Scope, incoming: Incoming, request_id: str) -> Response:
        settings = self._collector.settings
        try:
            taken = await self._collector.collect(scope["headers"], incoming, request_id)
        except HubError as error:
            if isinstance(error, Broken):
                _log.error("collecting broke", code=error.code, exc_info=error)
            if not isinstance(error, TooSlow) and not _expects(scope):
                await incoming.discard(settings.discard_bytes_max, settings.discard_wait_s)
            return problem_of(error, request_id)
        return answer(taken, request_id, settings.rejects_shown_max)


def _expects(scope: Scope) -> bool:
    """True for a client that asks before it sends its body (`Expect: 100-continue`): it must not be made to send."""
    return any(name == b"expect" for name, _ in scope["headers"])


class CollectorFront:
    """The collector in front of another app: its one path is answered here, everything else there. Where that app
    shows events at the same path, `reads` leaves the methods that read to it.
    """

    def __init__(
        self,
        collector: Collector,
        app: ASGIApp,
        clock: Clock,
        *,
        query_string_bytes_max: int,
        reads: bool = False,
    ) -> None:
        others = ("GET", "HEAD") if reads else ()
        endpoint = EventsEndpoint(collector, (*others, "POST"))
        self._app = app
        self._others = frozenset(others)
        self._events = RequestLayer(endpoint, clock=clock, query_string_bytes_max=query_string_bytes_max)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] not in self._others:
            await self._events(scope, receive, send)
        else:
            await self._app(scope, receive, send)
