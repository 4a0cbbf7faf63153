"""`GET /v1/dead-letters`: the rejects that were kept, newest first; and one of them with its whole payload.

In: query parameters. Out: pages with a cursor. What they mean is checked by `DeadLetterFilter` and the use case
(`analytics_hub/query/dead_letters.py`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import check_parameters, json_answer
from analytics_hub.api.rest.dead_letters_wire import (
    DeadLetterBody,
    DeadLettersBody,
    dead_letter_body,
    dead_letters_body,
)
from analytics_hub.api.rest.documented import problems
from analytics_hub.domain.access import Right
from analytics_hub.domain.dead_letter import DeadLetterFilter, DeadLetterId
from analytics_hub.query.cursor import read_cursor, write_cursor
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["dead letters"])

PAGE_DEFAULT = 50
_ID_MAX = 2**63 - 1  # int8


@router.get(
    "/v1/dead-letters",
    summary="Events that were refused, with code and payload, newest first",
    response_class=Response,
    responses={200: {"model": DeadLettersBody}, **problems(401, 403, 422, 503)},
)
async def dead_letters(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.QUERY))],
    start: Annotated[str, Query(alias="from", description="`-24h`, a date, or RFC 3339.")] = "-24h",
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
    code: Annotated[list[str] | None, Query(description="Only these reject codes; repeat it.")] = None,
    origin: Annotated[list[str] | None, Query(description="Only from these origins; repeat it.")] = None,
    limit: Annotated[int | None, Query(description=f"Letters of a page; {PAGE_DEFAULT} by default.")] = None,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    check_parameters(request, single=("from", "to", "limit", "cursor"), lists=("code", "origin"))
    services = services_of(request)
    now = services.clock.now()
    question = DeadLetterFilter(
        caller.tenant,
        parse_moment(start, edge="from", now=now),
        parse_moment(end, edge="to", now=now),
        tuple(code or ()),
        tuple(origin or ()),
    )
    after = None if cursor is None else read_cursor(cursor, question)
    size = min(PAGE_DEFAULT, services.dead_letters.page_max) if limit is None else limit
    page = await services.dead_letters.page(question, size, after)
    following = None if page.next is None else write_cursor(page.next, question)
    return json_answer(dead_letters_body(page, following), bytes_max=request.app.state.response_bytes_max)


@router.get(
    "/v1/dead-letters/{id:int}",
    summary="One refused event with all that was kept of it",
    response_class=Response,
    responses={200: {"model": DeadLetterBody}, **problems(401, 403, 404, 422, 503)},
)
async def dead_letter(
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.QUERY))],
    dead_letter_id: Annotated[int, Path(alias="id", ge=1, le=_ID_MAX)],
) -> Response:
    check_parameters(request, single=())
    letter = await services_of(request).dead_letters.one(caller.tenant, DeadLetterId(dead_letter_id))
    return json_answer(dead_letter_body(letter), bytes_max=request.app.state.response_bytes_max)
