"""`liveUsage`: what `GET /v1/live` streams, as a subscription; the metrics are those that are selected.

In: arguments with REST's names. Out: the question that is watched, and the body of each message of it
(`analytics_hub/api/rest/live_wire.py`).
"""

from enum import Enum
from typing import Annotated, Final

import strawberry

from analytics_hub.api.graphql.arguments import Filters, GroupBy, Top, filters_of
from analytics_hub.api.graphql.asking import Info
from analytics_hub.api.graphql.scalars import DateTime
from analytics_hub.api.graphql.selected import metrics_selected
from analytics_hub.api.graphql.shapes import Body, Coverage, Group, groups
from analytics_hub.api.graphql.typed import Metrics, shape
from analytics_hub.api.rest.live_wire import live_body
from analytics_hub.api.rest.top import top_of
from analytics_hub.domain.live import (
    MINUTES_DEFAULT,
    LiveChange,
    LiveEnd,
    LiveMessage,
    LiveQuery,
    LiveSnapshot,
)


@strawberry.enum(description="What a message of a live stream is.")
class LiveKind(Enum):
    SNAPSHOT = "snapshot"
    CHANGE = "change"
    END = "end"


_KINDS: Final = {LiveSnapshot: LiveKind.SNAPSHOT, LiveChange: LiveKind.CHANGE, LiveEnd: LiveKind.END}


@shape
class LivePoint:
    """One minute of one group."""

    start: DateTime
    values: Metrics | None = strawberry.field(
        description="Null for a minute that was there and is no longer."
    )


@shape
class LiveSeries:
    """Minutes of one group."""

    group: list[Group] = strawberry.field(description="Empty where nothing is grouped, and for `other`.")
    other: bool = strawberry.field(description="True for the one that gathers all groups past the limit.")
    points: list[LivePoint]


@shape
class LiveWindow:
    """The last minutes up to now: all that have events in a snapshot, those that differ in a change."""

    from_: DateTime = strawberry.field(name="from", description="Minutes before it are to be forgotten.")
    to: DateTime
    fresh_until: DateTime = strawberry.field(
        description="Everything committed before this moment is counted."
    )
    coverage: Coverage
    total: Metrics = strawberry.field(description="Over the whole window: percentiles do not add up.")
    series: list[LiveSeries]


@shape
class LiveUsage:
    """One message: first a snapshot, then changes, at last an end that says why."""

    kind: LiveKind
    window: LiveWindow | None = strawberry.field(description="Null in an end.")
    reason: str | None = strawberry.field(description="Of an end; docs/api.md lists them.")
    detail: str | None = strawberry.field(description="Of an end, for people.")


async def ask_live_usage(
    info: Info,
    *,
    minutes: Annotated[
        int, strawberry.argument(description="The last minutes, the running one among them.")
    ] = MINUTES_DEFAULT,
    group_by: GroupBy = [],  # noqa: B006  strawberry's way to write a default; nobody changes it
    filters: Filters = [],  # noqa: B006
    top: Top = None,
) -> LiveQuery:
    asking = info.context
    with top_of(top, None):
        return LiveQuery.ask(
            asking.caller.tenant,
            minutes=minutes,
            metrics=metrics_selected(info),
            group_by=group_by,
            filters=filters_of(filters),
            limit=top,
            caps=asking.services.caps,
            live_caps=asking.services.live.caps,
        )


def message_body(message: LiveMessage) -> Body:
    kind = _KINDS[type(message)]
    if isinstance(message, LiveEnd):
        return {"kind": kind, "window": None, "reason": message.reason.value, "detail": message.detail}
    window = live_body(message)
    series = [{**one, "group": groups(one["group"])} for one in window["series"]]
    return {"kind": kind, "window": {**window, "series": series}, "reason": None, "detail": None}
