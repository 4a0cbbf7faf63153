"""`GET /v1/incidents`: what happened, one thing to look at each; and `POST` below one of them: what people say of it.

In: query parameters, an id, a word. Out: pages with a cursor, one incident. An id of another tenant is not told from
one that nobody has. Who answers changes what the next incidents like it are told for, so it takes the right to query,
not only to view (docs/access.md).
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer, check_parameters, json_answer
from analytics_hub.api.rest.bodies import read_body
from analytics_hub.api.rest.documented import IF_NONE_MATCH, Responses, answers_of, problems
from analytics_hub.api.rest.finding_wire import (
    FeedbackRequestBody,
    IncidentBody,
    IncidentsBody,
    incident_body,
    incidents_body,
    incidents_table,
)
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.incident_example import INCIDENT_EXAMPLE
from analytics_hub.api.rest.row_pages import Cursor, Limit, RowPages
from analytics_hub.domain.access import Right
from analytics_hub.domain.incident import WATCHED_METRICS, Incident, IncidentId, IncidentKind
from analytics_hub.query.findings import finding_filter, list_name
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["incidents"])

INCIDENTS_FROM: Final = "-30d"
_ONE: Final[Responses] = {
    200: {"model": IncidentBody, "content": {"application/json": {"example": INCIDENT_EXAMPLE}}}
}
_FEEDBACK: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": FeedbackRequestBody.model_json_schema()}},
    }
}
_Id = Annotated[UUID, Path(alias="id", description="`id` of an incident.")]


@router.get(
    "/v1/incidents",
    summary="What happened in your tenant, one thing to look at each, newest first",
    response_class=Response,
    responses={
        **answers_of(IncidentsBody, {"incidents": [INCIDENT_EXAMPLE], "next": None}),
        **problems(401, 403, 406, 422, 503),
    },
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def incidents(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    start: Annotated[
        str, Query(alias="from", description="Begun since: `-30d`, a date, or RFC 3339.")
    ] = INCIDENTS_FROM,
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
    metric: Annotated[
        list[str] | None,
        Query(description=f"In which one of these moved; there are {', '.join(WATCHED_METRICS)}. Repeat it."),
    ] = None,
    kind: Annotated[list[IncidentKind] | None, Query(description="Of these kinds; repeat it.")] = None,
    open_only: Annotated[bool, Query(alias="open", description="Only those that go on.")] = False,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    wanted = wanted_format(request)
    check_parameters(request, single=("from", "to", "open", "limit", "cursor"), lists=("metric", "kind"))
    services = services_of(request)
    now = services.clock.now()
    question = finding_filter(
        caller.tenant,
        parse_moment(start, edge="from", now=now),
        parse_moment(end, edge="to", now=now),
        metrics=metric or (),
        kinds=kind or (),
        open_only=open_only,
    )
    pages = RowPages(caller.tenant, list_name("incidents", question))
    size, after = pages.asked(services.findings.page_max, limit, cursor)
    page = await services.findings.incidents(question, size, after)
    following = pages.cursor(page.next)
    return await answer(
        request,
        wanted,
        body=lambda: incidents_body(page, following),
        table=lambda: incidents_table(page, following),
    )


@router.get(
    "/v1/incidents/{id}",
    summary="One incident: since when, how much, whose change it is",
    response_class=Response,
    responses={**_ONE, **problems(401, 403, 404, 422, 503)},
)
async def incident(
    request: Request, caller: Annotated[Caller, Depends(Allow(Right.VIEW))], incident_id: _Id
) -> Response:
    check_parameters(request, single=())
    found = await services_of(request).findings.incident(caller.tenant, IncidentId(incident_id))
    return _answer(request, found)


@router.post(
    "/v1/incidents/{id}/acknowledge",
    summary="Say that somebody looks after it; the first one counts",
    response_class=Response,
    responses={**_ONE, **problems(401, 403, 404, 422, 503)},
)
async def acknowledge(
    request: Request, caller: Annotated[Caller, Depends(Allow(Right.QUERY))], incident_id: _Id
) -> Response:
    check_parameters(request, single=())
    findings = services_of(request).findings
    found = await findings.acknowledge(caller.tenant, IncidentId(incident_id), caller.actor)
    return _answer(request, found)


@router.post(
    "/v1/incidents/{id}/feedback",
    summary="Say whether it was worth being told: more like it, or fewer; the last word counts",
    response_class=Response,
    responses={**_ONE, **problems(401, 403, 404, 408, 413, 422, 503)},
    openapi_extra=_FEEDBACK,
)
async def feedback(
    request: Request, caller: Annotated[Caller, Depends(Allow(Right.QUERY))], incident_id: _Id
) -> Response:
    check_parameters(request, single=())
    asked = await read_body(request, FeedbackRequestBody)
    findings = services_of(request).findings
    found = await findings.give_feedback(caller.tenant, IncidentId(incident_id), asked.feedback, caller.actor)
    return _answer(request, found)


def _answer(request: Request, found: Incident) -> Response:
    return json_answer(incident_body(found), bytes_max=request.app.state.response_bytes_max)
