"""`GET /v1/forecasts`: any question about usage, of the hours or days to come.

In: query parameters. Out: an expected value and two intervals a bucket, with the model, its error on the past, and how
much history there was. What it means is checked by `ForecastQuery`; here there are only spellings.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.filters import check_known, filters_by_name, filters_documented, split
from analytics_hub.api.rest.forecast_example import FORECASTS_EXAMPLE
from analytics_hub.api.rest.forecast_wire import ForecastsBody, forecasts_body, forecasts_table
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.top import top_of
from analytics_hub.domain.access import Right
from analytics_hub.domain.forecast_query import GROUPS_DEFAULT
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.query.forecast_history import ask_forecast
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["forecasts"])

_SINGLE: Final = ("interval", "horizon", "tz", "order", "top", "limit")
_LISTS: Final = ("metrics", "group_by")


@router.get(
    "/v1/forecasts",
    summary="What usage, cost and latency are expected to be, with 80 and 95 % intervals",
    response_class=Response,
    responses={**answers_of(ForecastsBody, FORECASTS_EXAMPLE), **problems(401, 403, 406, 422, 503)},
    openapi_extra={
        "parameters": [
            *filters_documented("Only events with one of these values; repeat it for several."),
            IF_NONE_MATCH,
        ]
    },
)
async def forecasts(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    interval: Annotated[str, Query(description="`1h` or `1d`: the width of the buckets.")] = "1d",
    horizon: Annotated[
        int | None, Query(description="Buckets, the running one the first; 24 hours or 30 days by default.")
    ] = None,
    tz: Annotated[str, Query(description="IANA zone of hours and days.")] = "UTC",
    metrics: Annotated[
        list[str] | None, Query(description=f"`cost_usd` by default; of {', '.join(METRICS)}.")
    ] = None,
    group_by: Annotated[
        list[str] | None, Query(description=f"{', '.join(DIMENSIONS)} or tag.<key>; repeat or commas.")
    ] = None,
    order: Annotated[
        str | None, Query(description="`-cost_usd`: which groups are told apart, by the history.")
    ] = None,
    top: Annotated[
        int | None,
        Query(
            description=f"Groups told apart, {GROUPS_DEFAULT} by default; the rest are one series, `other`."
        ),
    ] = None,
    limit: Annotated[int | None, Query(description="The same as `top`.")] = None,
) -> Response:
    wanted = wanted_format(request)
    services = services_of(request)
    check_known(request, single=_SINGLE, lists=_LISTS)
    with top_of(top, limit) as groups_max:
        query = ask_forecast(
            caller.tenant,
            services.clock.now(),
            interval=interval,
            horizon=horizon,
            tz=tz,
            metrics=split(metrics),
            group_by=split(group_by),
            filters=filters_by_name(request),
            order=order,
            top=groups_max,
            caps=services.caps,
            forecast_caps=services.forecast_caps,
        )
    found = await services.forecasts.ask(query)
    return await answer(
        request, wanted, body=lambda: forecasts_body(found), table=lambda: forecasts_table(found)
    )
