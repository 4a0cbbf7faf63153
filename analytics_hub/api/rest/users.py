"""`GET /v1/users`: which end-users used most.

In: query parameters, as those of `/v1/usage`. Out: the best users, everybody else as one, how many there are. What the
parameters mean is checked by the constructors of `UsageQuery` and `UserQuery`.
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
from analytics_hub.api.rest.top import top_of
from analytics_hub.api.rest.users_wire import UsersBody, users_body, users_table
from analytics_hub.domain.access import Right
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import USER_METRICS, UserQuery
from analytics_hub.query.moment import parse_moment
from analytics_hub.telemetry import QUERY_MINUTES
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["usage"])

TOP_DEFAULT: Final = 20
_SINGLE: Final = ("from", "to", "interval", "tz", "order", "top", "limit")


@router.get(
    "/v1/users",
    summary="The end-users that used most",
    response_class=Response,
    responses={**answers_of(UsersBody), **problems(401, 403, 406, 422, 503)},
    openapi_extra={
        "parameters": [
            *filters_documented("Only events with one of these values; a short range."),
            IF_NONE_MATCH,
        ]
    },
)
async def users(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.QUERY))],
    start: Annotated[
        str, Query(alias="from", description="`now`, `-24h`, a date, or RFC 3339; whole minutes.")
    ] = "-24h",
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
    interval: Annotated[str, Query(description="`1d`, `1w`, `1mo`; shorter ones of a short range.")] = "none",
    tz: Annotated[str, Query(description="IANA zone of days, weeks, months and plain dates.")] = "UTC",
    metrics: Annotated[
        list[str] | None, Query(description=f"Repeat, or separate by commas: {', '.join(USER_METRICS)}.")
    ] = None,
    group_by: Annotated[
        list[str] | None,
        Query(
            description=f"What else to tell apart, of a short range: {', '.join(DIMENSIONS)} or tag.<key>."
        ),
    ] = None,
    order: Annotated[str, Query(description="`-cost_usd`: greatest first; `cost_usd`: least.")] = "-cost_usd",
    top: Annotated[
        int | None, Query(description=f"Users told apart, {TOP_DEFAULT} by default; the rest is `other`.")
    ] = None,
    limit: Annotated[int | None, Query(description="The same as `top`.")] = None,
) -> Response:
    wanted = wanted_format(request)
    check_known(request, single=_SINGLE, lists=("metrics", "group_by"))
    services = services_of(request)
    now = services.clock.now()
    with top_of(top, limit) as groups_max:
        usage = UsageQuery.ask(
            caller.tenant,
            parse_moment(start, edge="from", now=now, tz=tz),
            parse_moment(end, edge="to", now=now, tz=tz),
            interval=interval,
            tz=tz,
            metrics=split(metrics),
            group_by=split(group_by),
            filters=filters_by_name(request),
            order=order,
            limit=TOP_DEFAULT if groups_max is None else groups_max,
            caps=services.caps,
        )
    query = UserQuery(usage, raw_days_max=services.raw_days_max)
    version = await version_now(request, caller.tenant, wanted, (query,))
    if version.held:
        return version.held
    found = await services.users.ask(query)
    for read in found.levels:
        QUERY_MINUTES.labels(read.level.value).inc(read.minutes)
    return await answer(
        request, wanted, body=lambda: users_body(found), table=lambda: users_table(found), version=version
    )
