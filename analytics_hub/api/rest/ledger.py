"""`GET /v1/ledger`: what became of the events received, by hour of receipt."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer, check_parameters
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.etag import version_now
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.tables import ledger_table
from analytics_hub.api.rest.wire import LedgerBody, ledger_body
from analytics_hub.domain.access import Right
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["ledger"])


@router.get(
    "/v1/ledger",
    summary="Received = stored + duplicate + rejected, by hour of receipt",
    response_class=Response,
    responses={**answers_of(LedgerBody), **problems(401, 403, 406, 422, 503)},
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def ledger(
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    start: Annotated[str, Query(alias="from", description="`-24h`, a date, or RFC 3339.")] = "-24h",
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
) -> Response:
    wanted = wanted_format(request)
    check_parameters(request, single=("from", "to"))
    services = services_of(request)
    now = services.clock.now()
    first, last = parse_moment(start, edge="from", now=now), parse_moment(end, edge="to", now=now)
    services.ledger.check(first, last)
    version = await version_now(request, caller.tenant, wanted, (first, last))
    if version.held:
        return version.held
    account = await services.ledger.account(caller.tenant, first, last)
    return await answer(
        request,
        wanted,
        body=lambda: ledger_body(account),
        table=lambda: ledger_table(account),
        version=version,
    )
