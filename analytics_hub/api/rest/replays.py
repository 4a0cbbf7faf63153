"""`POST /v1/dead-letters/replay`: submits refused events again, after a dry run that says what would become of them.

In: numbers or a filter, as JSON. Out: a verdict for each letter. Needs the scope `ingest`, for it brings events; it
shows no payload, for that is what `query` allows. The use case is `analytics_hub/query/replay.py`.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import check_parameters, json_answer
from analytics_hub.api.rest.bodies import read_body
from analytics_hub.api.rest.documented import problems
from analytics_hub.api.rest.replays_wire import (
    ReplayReportBody,
    ReplayRequestBody,
    report_body,
)
from analytics_hub.domain.access import Right
from analytics_hub.domain.dead_letter import DeadLetterFilter, DeadLetterId, ReplayReport
from analytics_hub.domain.errors import Conflict
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.cursor import read_cursor, write_cursor
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["dead letters"])

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": ReplayRequestBody.model_json_schema()}},
    }
}


@router.post(
    "/v1/dead-letters/replay",
    summary="Submit refused events again; a dry run first",
    response_class=Response,
    responses={200: {"model": ReplayReportBody}, **problems(401, 403, 408, 409, 413, 422, 503)},
    openapi_extra=_BODY,
)
async def replay(request: Request, caller: Annotated[Caller, Depends(Allow(Right.SEND))]) -> Response:
    check_parameters(request, single=())
    services = services_of(request)
    if services.replays is None:
        raise Conflict("no_replay_here", "This process takes no events: ask the collector.")
    asked = await read_body(request, ReplayRequestBody)
    if asked.ids is not None:
        ids = [DeadLetterId(one) for one in asked.ids]
        report = await services.replays.by_ids(caller.tenant, ids, dry_run=asked.dry_run)
        return _answer(request, report, None)
    question = _question(caller.tenant, asked, services.clock.now())
    after = None if asked.cursor is None else read_cursor(asked.cursor, question)
    report = await services.replays.by_filter(question, after, dry_run=asked.dry_run)
    return _answer(request, report, None if report.next is None else write_cursor(report.next, question))


def _answer(request: Request, report: ReplayReport, cursor: str | None) -> Response:
    return json_answer(report_body(report, cursor), bytes_max=request.app.state.response_bytes_max)


def _question(tenant: TenantId, asked: ReplayRequestBody, now: datetime) -> DeadLetterFilter:
    return DeadLetterFilter(
        tenant,
        parse_moment(asked.start or "", edge="from", now=now),
        parse_moment(asked.end, edge="to", now=now),
        tuple(asked.code),
        tuple(asked.origin),
    )
