"""`GET /v1/audit`: who did what in the tenant's name, newest first.

In: a range and where the page before ended. Out: pages with a cursor (`analytics_hub/tenancy/lists.py`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.access_wire import AuditBody, audit_body, audit_table
from analytics_hub.api.rest.answers import answer, check_parameters
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.row_pages import Cursor, Limit, RowPages
from analytics_hub.domain.access import Right
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["access"])

_LIST = "audit"


@router.get(
    "/v1/audit",
    summary="The audit log: every act on keys and members, newest first",
    response_class=Response,
    responses={**answers_of(AuditBody), **problems(401, 403, 406, 422, 503)},
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def audit(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.ADMIN))],
    start: Annotated[str, Query(alias="from", description="`-30d`, a date, or RFC 3339.")] = "-30d",
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    wanted = wanted_format(request)
    check_parameters(request, single=("from", "to", "limit", "cursor"))
    services = services_of(request)
    now = services.clock.now()
    first, last = parse_moment(start, edge="from", now=now), parse_moment(end, edge="to", now=now)
    pages = RowPages(caller.tenant, _LIST)
    size, after = pages.asked(services.access.page_max, limit, cursor)
    page = await services.access.audit(caller.tenant, first, last, size, after)
    following = pages.cursor(page.next)
    return await answer(
        request,
        wanted,
        body=lambda: audit_body(page, following),
        table=lambda: audit_table(page, following),
    )
