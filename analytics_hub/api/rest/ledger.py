"""`GET /v1/ledger`: what became of the events received, by hour of receipt."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import json_answer
from analytics_hub.api.rest.wire import LedgerBody, ProblemBody, ledger_body
from analytics_hub.domain.key import Scope
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["ledger"])


@router.get(
    "/v1/ledger",
    summary="Received = stored + duplicate + rejected, by hour of receipt",
    response_class=Response,
    responses={200: {"model": LedgerBody}, 401: {"model": ProblemBody}, 422: {"model": ProblemBody}},
)
async def ledger(
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Scope.QUERY))],
    start: Annotated[str, Query(alias="from", description="`-24h`, a date, or RFC 3339.")] = "-24h",
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
) -> Response:
    services = services_of(request)
    now = services.clock.now()
    account = await services.ledger.account(
        caller.tenant, parse_moment(start, edge="from", now=now), parse_moment(end, edge="to", now=now)
    )
    return json_answer(ledger_body(account), bytes_max=request.app.state.response_bytes_max)
