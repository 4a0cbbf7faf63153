"""The app of a process that does nothing but collect: `POST /v1/events`, and what its operator asks.

In: a collector. Out: an ASGI app with /healthz, /readyz, /metrics and the documentation of the one route. In `hub up`
the collector stands in front of the API instead; see `analytics_hub/cli/serving.py`.
"""

from collections.abc import Awaitable, Callable
from importlib import metadata

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from analytics_hub.api.errors import add_error_handlers
from analytics_hub.api.request_layer import RequestLayer
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import TryLater
from analytics_hub.telemetry import REGISTRY
from ingest.http.collector import Collector
from ingest.http.endpoint import CollectorFront
from ingest.http.openapi import describe_events


def create_collector_app(
    collector: Collector,
    clock: Clock,
    *,
    query_string_bytes_max: int,
    check_stream: Callable[[], Awaitable[None]] | None = None,
) -> ASGIApp:
    """`check_stream` raises TryLater when what makes bodies durable is away."""
    app = FastAPIOffline(
        redoc_url=None,
        title="LLM Analytics Hub: collector",
        version=metadata.version("llm-analytics-hub"),
        redirect_slashes=False,
    )
    add_error_handlers(app)
    _add_operator_routes(app, collector, check_stream)
    describe_events(app, collector.settings)
    app.add_middleware(RequestLayer, clock=clock, query_string_bytes_max=query_string_bytes_max)
    return CollectorFront(collector, app, clock, query_string_bytes_max=query_string_bytes_max)


def _add_operator_routes(
    app: FastAPI, collector: Collector, check_stream: Callable[[], Awaitable[None]] | None
) -> None:
    @app.get("/healthz", tags=["health"], summary="The process is alive")
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", tags=["health"], summary="The process takes bodies")
    async def readyz() -> Response:
        collector.gate.check_ready()
        if collector.fill() >= 1:
            raise TryLater("queue_full", "More bodies wait than can be made durable at once.")
        if check_stream is not None:
            await check_stream()
        return JSONResponse({"status": "ready"})

    @app.get("/metrics", tags=["health"], summary="Prometheus metrics", response_class=Response)
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
