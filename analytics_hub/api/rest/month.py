"""`GET /v1/forecasts/month`: what the running month has cost so far, and what it will have cost at its end.

In: a zone and filters. Out: one sum, one expected sum, two intervals of it (`analytics_hub/query/month.py`).
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.filters import check_known, filters_by_name, filters_documented
from analytics_hub.api.rest.forecast_example import MONTH_EXAMPLE
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.month_wire import MonthBody, month_body, month_table
from analytics_hub.domain.access import Right
from analytics_hub.query.month import ask_month
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["forecasts"])

_SINGLE: Final = ("tz",)


@router.get(
    "/v1/forecasts/month",
    summary="What the month has cost so far, and what it is expected to come to",
    response_class=Response,
    responses={**answers_of(MonthBody, MONTH_EXAMPLE), **problems(401, 403, 406, 422, 503)},
    openapi_extra={
        "parameters": [
            *filters_documented("Only events with one of these values; repeat it for several."),
            IF_NONE_MATCH,
        ]
    },
)
async def month(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    tz: Annotated[str, Query(description="IANA zone of the month and its days.")] = "UTC",
) -> Response:
    wanted = wanted_format(request)
    services = services_of(request)
    check_known(request, single=_SINGLE)
    query = ask_month(
        caller.tenant,
        services.clock.now(),
        tz=tz,
        filters=filters_by_name(request),
        caps=services.caps,
        forecast_caps=services.forecast_caps,
    )
    found = await services.months.ask(query)
    return await answer(request, wanted, body=lambda: month_body(found), table=lambda: month_table(found))
