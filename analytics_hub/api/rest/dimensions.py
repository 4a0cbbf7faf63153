"""`GET /v1/dimensions`: the values that dimensions have, for whoever must choose among them."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer, check_parameters
from analytics_hub.api.rest.dimensions_wire import DimensionsBody, dimensions_body, dimensions_table
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.etag import version_now
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.domain.access import Right
from analytics_hub.domain.dimension import DimensionQuery
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.query.moment import parse_moment
from analytics_hub.telemetry import QUERY_MINUTES
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["usage"])

LIMIT_DEFAULT: Final = 50


@router.get(
    "/v1/dimensions",
    summary="The values of dimensions, the most frequent first",
    response_class=Response,
    responses={**answers_of(DimensionsBody), **problems(401, 403, 406, 422, 503)},
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def dimensions(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    dimension: Annotated[
        str | None, Query(description=f"{', '.join(DIMENSIONS)} or tag.<key>; all of them by default.")
    ] = None,
    q: Annotated[str, Query(description="Only values that begin so, in whatever case.")] = "",
    start: Annotated[
        str, Query(alias="from", description="`-30d`, a date, or RFC 3339; widened to a whole UTC day.")
    ] = "-30d",
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
    limit: Annotated[int, Query(description="Values of each dimension.")] = LIMIT_DEFAULT,
) -> Response:
    wanted = wanted_format(request)
    check_parameters(request, single=("dimension", "q", "from", "to", "limit"))
    services = services_of(request)
    now = services.clock.now()
    first, last = parse_moment(start, edge="from", now=now), parse_moment(end, edge="to", now=now)
    query = DimensionQuery(caller.tenant, first, last, dimension, q, limit, caps=services.caps)
    version = await version_now(request, caller.tenant, wanted, (query,))
    if version.held:
        return version.held
    found = await services.dimensions.ask(query)
    for read in found.levels:
        QUERY_MINUTES.labels(read.level.value).inc(read.minutes)
    return await answer(
        request,
        wanted,
        body=lambda: dimensions_body(found),
        table=lambda: dimensions_table(found),
        version=version,
    )
