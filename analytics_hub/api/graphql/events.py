"""`events`: raw events, newest first, as `GET /v1/events` answers, in pages that Relay's clients know.

In: arguments with REST's names, `first` and `after` for `limit` and `cursor`. Out: the events of
`analytics_hub/api/rest/events_wire.py`.
"""

from typing import Annotated

import strawberry

from analytics_hub.api.graphql.arguments import (
    After,
    Filters,
    First,
    From,
    GivenFilter,
    To,
    Zone,
    dimension_filters,
    page_named,
)
from analytics_hub.api.graphql.asking import Info, MakeBody
from analytics_hub.api.graphql.event import Event
from analytics_hub.api.graphql.pages import PageInfo, page_body
from analytics_hub.api.graphql.scalars import DateTime
from analytics_hub.api.graphql.shapes import Body
from analytics_hub.api.graphql.typed import shape
from analytics_hub.api.rest.events import PAGE_DEFAULT
from analytics_hub.api.rest.events_wire import event_body, events_body
from analytics_hub.domain.raw_event import EVENT_FIELDS, EventFilter, EventPage
from analytics_hub.domain.usage import checked_zone
from analytics_hub.query.cursor import read_event_cursor, write_event_cursor


@shape
class EventEdge:
    """An event and its place."""

    cursor: str
    node: Event


@shape
class EventConnection:
    """Some events, newest first."""

    edges: list[EventEdge]
    nodes: list[Event]
    page_info: PageInfo
    searched_from: DateTime = strawberry.field(description="This page has every match from here on.")
    kept_from: DateTime | None = strawberry.field(description="Events before this moment have been dropped.")
    fresh_until: DateTime = strawberry.field(description="Everything committed before this moment is seen.")


async def ask_events(
    info: Info,
    *,
    from_: From = "-24h",
    to: To = "now",
    tz: Zone = "UTC",
    filters: Filters = [],  # noqa: B006  strawberry's way to write a default; nobody changes it
    fields: Annotated[
        list[GivenFilter],
        strawberry.argument(description=f"Only events with one of these in: {', '.join(EVENT_FIELDS)}."),
    ] = [],  # noqa: B006
    errors_only: Annotated[
        bool, strawberry.argument(description="Only events with any status but ok.")
    ] = False,
    first: First = None,
    after: After = None,
) -> MakeBody:
    asking = info.context
    checked_zone(tz)
    start, end = asking.range(from_, to, tz)
    question = EventFilter(
        asking.caller.tenant,
        start,
        end,
        dimension_filters(filters),
        dimension_filters(fields),
        errors_only,
        caps=asking.services.caps,
    )
    service = asking.services.events
    with page_named():
        place = None if after is None else read_event_cursor(after, question)
        page = await service.page(
            question, min(PAGE_DEFAULT, service.page_max) if first is None else first, place
        )
    return lambda: _body(page, question, after)


def _body(page: EventPage, question: EventFilter, after: str | None) -> Body:
    following = None if page.next is None else write_event_cursor(page.next, question)
    return {
        **events_body(page, following),
        **page_body(
            [_event(event_body(event)) for event in page.events],
            [write_event_cursor(event.place, question) for event in page.events],
            following,
            after,
        ),
    }


def _event(body: Body) -> Body:
    return {**body, "tags": [{"key": key, "value": value} for key, value in body["tags"].items()]}
