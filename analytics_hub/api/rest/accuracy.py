"""`GET /v1/forecasts/accuracy`: what the forecasts that jobs stored were worth, week by week, against what came.

In: a number of weeks. Out: a row a week, metric and width of buckets (`analytics_hub/query/accuracy.py`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.accuracy_wire import (
    ACCURACY_EXAMPLE,
    AccuraciesBody,
    accuracies_body,
    accuracies_table,
)
from analytics_hub.api.rest.answers import answer, check_parameters
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.domain.access import Right
from analytics_hub.query.accuracy import WEEKS_DEFAULT, WEEKS_MAX, ask_accuracy
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["forecasts"])


@router.get(
    "/v1/forecasts/accuracy",
    summary="How wrong the stored forecasts of the last weeks were, beside the week before repeated",
    response_class=Response,
    responses={**answers_of(AccuraciesBody, ACCURACY_EXAMPLE), **problems(401, 403, 406, 422, 503)},
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def accuracy(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    weeks: Annotated[
        int, Query(description=f"The last so many whole weeks, 1 to {WEEKS_MAX}.")
    ] = WEEKS_DEFAULT,
) -> Response:
    wanted = wanted_format(request)
    services = services_of(request)
    check_parameters(request, single=("weeks",))
    query = ask_accuracy(caller.tenant, services.clock.now(), weeks)
    found = await services.findings.accuracy(query)
    return await answer(
        request, wanted, body=lambda: accuracies_body(found), table=lambda: accuracies_table(found)
    )
