"""`GET /v1/ledger`: what became of the events received, by hour of receipt."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer, check_parameters
from analytics_hub.api.rest.documented import answers_of, problems
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.tables import ledger_table
from analytics_hub.api.rest.wire import LedgerBody, ledger_body
from analytics_hub.domain.key import Scope
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["ledger"])


@router.get(
    "/v1/ledger",
    summary="Received = stored + duplicate + rejected, by hour of receipt",
    response_class=Response,
    responses={**answers_of(LedgerBody), **problems(401, 403, 406, 422, 503)},
)
async def ledger(
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Scope.QUERY))],
    start: Annotated[str, Query(alias="from", description="`-24h`, a date, or RFC 3339.")] = "-24h",
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
) -> Response:
    wanted = wanted_format(request)
    check_parameters(request, single=("from", "to"))
    services = services_of(request)
    now = services.clock.now()
    account = await services.ledger.account(
        caller.tenant, parse_moment(start, edge="from", now=now), parse_moment(end, edge="to", now=now)
    )
    return await answer(
        request, wanted, body=lambda: ledger_body(account), table=lambda: ledger_table(account)
    )
