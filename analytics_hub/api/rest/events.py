"""`GET /v1/events`: raw events, newest first, page by page.

In: query parameters. Out: pages with a cursor. What they mean is checked by `EventFilter` and the use case
(`analytics_hub/query/events.py`). Events come in at the same path by POST, at the collector (`ingest/http`).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.etag import version_now
from analytics_hub.api.rest.events_wire import EventsBody, events_body, events_table
from analytics_hub.api.rest.filters import check_known, filters_documented, filters_given
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.domain.access import Right
from analytics_hub.domain.raw_event import EVENT_FIELDS, EventFilter
from analytics_hub.domain.series import COST_STATUSES
from analytics_hub.domain.usage import Filter, checked_zone
from analytics_hub.query.cursor import read_event_cursor, write_event_cursor
from analytics_hub.query.moment import parse_moment
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["events"])

PAGE_DEFAULT = 100
_SINGLE: Final = ("from", "to", "tz", "limit", "cursor", "errors_only")
_WHAT: Final[Mapping[str, str]] = {
    "user": "Only of these end-users; `user=` finds events that name none.",
    "cost_status": f"Only with these: {', '.join(COST_STATUSES)}.",
}


def _fields_documented() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": _WHAT.get(name, "Only with one of these; repeat it for several."),
            "schema": {"type": "array", "items": {"type": "string"}},
        }
        for name in EVENT_FIELDS
    ]


@router.get(
    "/v1/events",
    summary="Raw events, newest first",
    response_class=Response,
    responses={**answers_of(EventsBody), **problems(401, 403, 406, 422, 503)},
    openapi_extra={
        "parameters": [
            *filters_documented("Only events with one of these values."),
            *_fields_documented(),
            IF_NONE_MATCH,
        ]
    },
)
async def events(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.QUERY))],
    start: Annotated[str, Query(alias="from", description="`-24h`, a date, or RFC 3339.")] = "-24h",
    end: Annotated[str, Query(alias="to", description="Excluded end.")] = "now",
    tz: Annotated[str, Query(description="IANA zone of plain dates.")] = "UTC",
    errors_only: Annotated[bool, Query(description="Only events with any status but ok.")] = False,
    limit: Annotated[int | None, Query(description=f"Events of a page; {PAGE_DEFAULT} by default.")] = None,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    wanted = wanted_format(request)
    check_known(request, single=_SINGLE, lists=EVENT_FIELDS)
    services = services_of(request)
    checked_zone(tz)
    now = services.clock.now()
    question = EventFilter(
        caller.tenant,
        parse_moment(start, edge="from", now=now, tz=tz),
        parse_moment(end, edge="to", now=now, tz=tz),
        filters_given(request),
        _fields_given(request),
        errors_only,
        caps=services.caps,
    )
    after = None if cursor is None else read_event_cursor(cursor, question)
    size = min(PAGE_DEFAULT, services.events.page_max) if limit is None else limit
    services.events.check(size)
    version = await version_now(request, caller.tenant, wanted, (question, size, after))
    if version.held:
        return version.held
    page = await services.events.page(question, size, after)
    following = None if page.next is None else write_event_cursor(page.next, question)
    return await answer(
        request,
        wanted,
        body=lambda: events_body(page, following),
        table=lambda: events_table(page, following),
        version=version,
    )


def _fields_given(request: Request) -> tuple[Filter, ...]:
    given = request.query_params
    return tuple(Filter(name, tuple(given.getlist(name))) for name in EVENT_FIELDS if name in given)
