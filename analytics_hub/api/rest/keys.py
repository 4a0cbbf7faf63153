"""`GET /v1/keys`: what keys there are. Their texts are shown once, by `hub key create`, and never here.

In: query parameters. Out: pages with a cursor (`analytics_hub/tenancy/lists.py`). They are changed by commands only.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.access_wire import KeysBody, keys_body, keys_table
from analytics_hub.api.rest.answers import answer, check_parameters
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.row_pages import Cursor, Limit, RowPages
from analytics_hub.domain.access import Right
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["access"])

_LIST = "keys"


@router.get(
    "/v1/keys",
    summary="The keys of the tenant, newest first: what they may do, when they were used last",
    response_class=Response,
    responses={**answers_of(KeysBody), **problems(401, 403, 406, 422, 503)},
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def keys(
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
    page = await services.access.keys(caller.tenant, size, after)
    following = pages.cursor(page.next)
    now = services.clock.now()
    return await answer(
        request,
        wanted,
        body=lambda: keys_body(page, now, following),
        table=lambda: keys_table(page, now, following),
    )
