"""`usage`: what `GET /v1/usage` answers, with the metrics that are selected.

In: arguments with REST's names. Out: the body of `analytics_hub/api/rest/wire.py`.
"""

from typing import Annotated

import strawberry

from analytics_hub.api.graphql.arguments import (
    Buckets,
    Comparison,
    Filters,
    From,
    GroupBy,
    Interval,
    To,
    Top,
    Zone,
    filters_of,
)
from analytics_hub.api.graphql.asking import Info, MakeBody, count_minutes
from analytics_hub.api.graphql.scalars import DateTime
from analytics_hub.api.graphql.selected import metrics_selected
from analytics_hub.api.graphql.shapes import Body, Coverage, Group, Level, Question, groups, question
from analytics_hub.api.graphql.typed import Metrics, shape
from analytics_hub.api.rest.top import top_of
from analytics_hub.api.rest.usage import FROM_DEFAULT
from analytics_hub.api.rest.wire import usage_body
from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.usage import UsageQuery


@shape
class Point:
    """One bucket, named by its start."""

    start: DateTime
    values: Metrics


@shape
class PreviousSeries:
    """A group in the period before; its points are named by their own starts."""

    total: Metrics
    points: list[Point]


@shape
class Series:
    """One group over time."""

    group: list[Group] = strawberry.field(description="Empty where nothing is grouped, and for `other`.")
    other: bool = strawberry.field(description="True for the one that gathers all groups past the limit.")
    total: Metrics
    points: list[Point] = strawberry.field(
        description="Buckets without events are absent, unless `fill` asks for them."
    )
    previous: PreviousSeries | None = strawberry.field(description="The group in the period before.")


@shape
class PreviousPeriod:
    """The period before the range, and everything in it."""

    from_: DateTime = strawberry.field(name="from")
    to: DateTime
    total: Metrics
    coverage: Coverage


@shape
class Usage:
    """Usage, cost and latency over time, from one snapshot."""

    query: Question
    fresh_until: DateTime = strawberry.field(
        description="Everything committed before this moment is counted."
    )
    coverage: Coverage
    levels: list[Level]
    total: Metrics
    series: list[Series]
    previous: PreviousPeriod | None = strawberry.field(description="With `compare`: the period before.")


async def ask_usage(
    info: Info,
    *,
    from_: From = FROM_DEFAULT,
    to: To = "now",
    interval: Buckets = Interval.NONE,
    tz: Zone = "UTC",
    group_by: GroupBy = [],  # noqa: B006  strawberry's way to write a default; nobody changes it
    filters: Filters = [],  # noqa: B006
    order: Annotated[
        str | None, strawberry.argument(description="`-cost_usd`: greatest first; `cost_usd`: least first.")
    ] = None,
    top: Top = None,
    compare: Annotated[
        Comparison | None, strawberry.argument(description="The period just before as well.")
    ] = None,
    fill: Annotated[
        bool, strawberry.argument(description="Give buckets without events as well, with zeros.")
    ] = False,
) -> MakeBody:
    asking = info.context
    start, end = asking.range(from_, to, tz)
    with top_of(top, None):
        query = UsageQuery.ask(
            asking.caller.tenant,
            start,
            end,
            interval=interval.value,
            tz=tz,
            metrics=metrics_selected(info),
            group_by=group_by,
            filters=filters_of(filters),
            order=order,
            limit=top,
            compare=compare and compare.value,
            fill=fill,
            caps=asking.services.caps,
        )
    found = await asking.services.usage.ask(query)
    count_minutes(found.levels)
    return lambda: _body(found)


def _body(found: UsageAnswer) -> Body:
    body = usage_body(found)
    return {
        **body,
        "query": question(body["query"]),
        "series": [{**one, "group": groups(one["group"])} for one in body["series"]],
    }
