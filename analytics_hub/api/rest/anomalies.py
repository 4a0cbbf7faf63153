"""`GET /v1/anomalies`: what detectors found, hour by hour, newest first; most of it was too little to be told.

In: query parameters. Out: pages with a cursor, good for these filters (`analytics_hub/query/findings.py`).
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer, check_parameters
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.finding_wire import AnomaliesBody, anomalies_body, anomalies_table
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.row_pages import Cursor, Limit, RowPages
from analytics_hub.domain.access import Right
from analytics_hub.domain.incident import WATCHED_METRICS
from analytics_hub.query.findings import finding_filter, list_name
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["incidents"])

ANOMALIES_FROM: Final = "-7d"


@router.get(
    "/v1/anomalies",
    summary="What detectors found in your tenant's hours, newest first",
    response_class=Response,
    responses={**answers_of(AnomaliesBody), **problems(401, 403, 406, 422, 503)},
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def anomalies(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    start: Annotated[str, Query(alias="from", description="`-7d`, a date, or RFC 3339.")] = ANOMALIES_FROM,
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
    metric: Annotated[
        list[str] | None,
        Query(description=f"Only of these metrics; there are {', '.join(WATCHED_METRICS)}. Repeat it."),
    ] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    wanted = wanted_format(request)
    check_parameters(request, single=("from", "to", "limit", "cursor"), lists=("metric",))
    services = services_of(request)
    now = services.clock.now()
    question = finding_filter(
        caller.tenant,
        parse_moment(start, edge="from", now=now),
        parse_moment(end, edge="to", now=now),
        metrics=metric or (),
    )
    pages = RowPages(caller.tenant, list_name("anomalies", question))
    size, after = pages.asked(services.findings.page_max, limit, cursor)
    page = await services.findings.anomalies(question, size, after)
    following = pages.cursor(page.next)
    return await answer(
        request,
        wanted,
        body=lambda: anomalies_body(page, following),
        table=lambda: anomalies_table(page, following),
    )
