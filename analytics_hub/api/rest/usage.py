"""`GET /v1/usage`: from query parameters to a `UsageQuery`, and its answer back.

Everything about meaning is checked by the constructor of `UsageQuery`; here there are only spellings.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.etag import version_now
from analytics_hub.api.rest.filters import check_known, filters_by_name, filters_documented, split
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.tables import usage_table
from analytics_hub.api.rest.top import top_of
from analytics_hub.api.rest.usage_example import USAGE_EXAMPLE
from analytics_hub.api.rest.wire import UsageBody, usage_body
from analytics_hub.domain.access import Right
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.domain.usage import INTERVAL_NAMES, UsageQuery
from analytics_hub.query.moment import parse_moment
from analytics_hub.telemetry import QUERY_MINUTES
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["usage"])

_SINGLE: Final = ("from", "to", "interval", "tz", "order", "top", "limit", "compare", "fill")
_LISTS: Final = ("metrics", "group_by")
FROM_DEFAULT: Final = "-24h"


@router.get(
    "/v1/usage",
    summary="Usage, cost and latency of your tenant over time",
    response_class=Response,
    responses={**answers_of(UsageBody, USAGE_EXAMPLE), **problems(401, 403, 406, 422, 503)},
    openapi_extra={
        "parameters": [
            *filters_documented("Only events with one of these values; repeat it for several."),
            IF_NONE_MATCH,
        ]
    },
)
async def usage(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    start: Annotated[
        str,
        Query(
            alias="from", description="`now`, `-24h`, a date, or RFC 3339; whole minutes.", examples=["-7d"]
        ),
    ] = FROM_DEFAULT,
    end: Annotated[str, Query(alias="to", description="Excluded end.", examples=["now"])] = "now",
    interval: Annotated[str, Query(description=f"One of {', '.join(INTERVAL_NAMES)}.")] = "none",
    tz: Annotated[str, Query(description="IANA zone of hours, days, weeks, months and plain dates.")] = "UTC",
    metrics: Annotated[
        list[str] | None, Query(description=f"Repeat, or separate by commas: {', '.join(METRICS)}.")
    ] = None,
    group_by: Annotated[
        list[str] | None,
        Query(description=f"{', '.join(DIMENSIONS)} or tag.<key>; repeat or commas. By end-user: /v1/users."),
    ] = None,
    order: Annotated[
        str | None, Query(description="`-cost_usd`: greatest first; `cost_usd`: least first.")
    ] = None,
    top: Annotated[
        int | None, Query(description="Groups told apart; the rest are one series, `other`.")
    ] = None,
    limit: Annotated[int | None, Query(description="The same as `top`.")] = None,
    compare: Annotated[str | None, Query(description="`previous`: the period just before as well.")] = None,
    fill: Annotated[bool, Query(description="Give buckets without events as well, with zeros.")] = False,
) -> Response:
    wanted = wanted_format(request)
    services = services_of(request)
    check_known(request, single=_SINGLE, lists=_LISTS)
    now = services.clock.now()
    with top_of(top, limit) as groups_max:
        query = UsageQuery.ask(
            caller.tenant,
            parse_moment(start, edge="from", now=now, tz=tz),
            parse_moment(end, edge="to", now=now, tz=tz),
            interval=interval,
            tz=tz,
            metrics=split(metrics),
            group_by=split(group_by),
            filters=filters_by_name(request),
            order=order,
            limit=groups_max,
            compare=compare,
            fill=fill,
            caps=services.caps,
        )
    version = await version_now(request, caller.tenant, wanted, (query, query.groups_max))
    if version.held:
        return version.held
    found = await services.usage.ask(query)
    for read in found.levels:
        QUERY_MINUTES.labels(read.level.value).inc(read.minutes)
    return await answer(
        request,
        wanted,
        body=lambda: usage_body(found),
        table=lambda: usage_table(found),
        version=version,
    )
