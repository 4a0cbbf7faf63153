"""The API as one ASGI app. `create_app(open_services, settings.api)`; the server that runs it is the
caller's choice.

What opens and closes with the app (pools, stores) comes in as a factory, so that it lives in the server's
event loop and this package needs no storage. `hub up` in `analytics_hub/cli` is the wiring.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from typing import Final

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from analytics_hub.api.admission import Admission
from analytics_hub.api.errors import add_error_handlers
from analytics_hub.api.graphql import page as graphql_page
from analytics_hub.api.graphql import route as graphql_route
from analytics_hub.api.openapi import correct_openapi
from analytics_hub.api.request_layer import RequestLayer
from analytics_hub.api.rest import (
    accuracy,
    anomalies,
    audit,
    dead_letters,
    dimensions,
    events,
    forecasts,
    health,
    incidents,
    keys,
    ledger,
    live,
    members,
    month,
    replays,
    sign_in,
    usage,
    users,
)
from analytics_hub.api.services import OpenServices
from analytics_hub.domain.clock import Clock, SystemClock
from analytics_hub.settings import AdmissionSettings, ApiSettings, GraphqlSettings

ROUTERS: Final = (
    usage.router,
    users.router,
    dimensions.router,
    events.router,
    ledger.router,
    live.router,
    forecasts.router,
    month.router,
    accuracy.router,
    anomalies.router,
    incidents.router,
    dead_letters.router,
    replays.router,
    keys.router,
    members.router,
    audit.router,
    graphql_route.router,
    sign_in.router,
    health.router,
)

_DESCRIPTION = """Every LLM call of your tenant: counted once, priced as of its moment, queryable at once.

Money is an exact decimal string in USD. Every answer says how much of it is priced (`coverage`), until when it is
complete (`fresh_until`) and what it read (`levels`). Every error has one body: problem details (RFC 9457) with a
stable `code`.
"""


def create_app(
    open_services: OpenServices,
    settings: ApiSettings,
    *,
    admission: Admission | None = None,
    graphql: GraphqlSettings | None = None,
    clock: Clock | None = None,
) -> FastAPI:
    """The app; `open_services` is entered when the server starts it. Without `admission` or `graphql` their default
    bounds hold.
    """
    clock = clock or SystemClock()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services() as services:
            app.state.services = services
            yield

    # Its scripts come with the package: the page works where no other host can be reached.
    app = FastAPIOffline(
        redoc_url=None,
        title="LLM Analytics Hub",
        version=metadata.version("llm-analytics-hub"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.admission = admission or Admission(AdmissionSettings.model_construct(), clock)
    app.state.graphql = graphql or GraphqlSettings.model_construct()
    app.state.response_bytes_max = settings.response_bytes_max
    app.state.request_bytes_max = settings.request_bytes_max
    app.state.request_wait_s = settings.request_wait_s
    add_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    if app.state.graphql.graphiql:
        app.include_router(graphql_page.router)
    correct_openapi(app)
    app.add_middleware(RequestLayer, clock=clock, query_string_bytes_max=settings.query_string_bytes_max)
    return app
