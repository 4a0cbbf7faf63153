"""`GET /v1/members`: who the people of a tenant are, and what they may do.

In: query parameters. Out: pages with a cursor (`analytics_hub/tenancy/lists.py`). They are changed by commands only.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.access_wire import MembersBody, members_body, members_table
from analytics_hub.api.rest.answers import answer, check_parameters
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.row_pages import Cursor, Limit, RowPages
from analytics_hub.domain.access import Right
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["access"])

_LIST = "members"


@router.get(
    "/v1/members",
    summary="The members of the tenant and their roles, newest first",
    response_class=Response,
    responses={**answers_of(MembersBody), **problems(401, 403, 406, 422, 503)},
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def members(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.ADMIN))],
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    wanted = wanted_format(request)
    check_parameters(request, single=("limit", "cursor"))
    services = services_of(request)
    pages = RowPages(caller.tenant, _LIST)
    size, after = pages.asked(services.access.page_max, limit, cursor)
    page = await services.access.members(caller.tenant, size, after)
    following = pages.cursor(page.next)
    return await answer(
        request,
        wanted,
        body=lambda: members_body(page, following),
        table=lambda: members_table(page, following),
    )
