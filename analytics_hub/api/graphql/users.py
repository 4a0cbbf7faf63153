"""`users`: which end-users used most, as `GET /v1/users` answers.

In: arguments with REST's names. Out: the body of `analytics_hub/api/rest/users_wire.py`.
"""

from typing import Annotated

import strawberry

from analytics_hub.api.graphql.arguments import (
    Buckets,
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
from analytics_hub.api.graphql.scalars import Count, DateTime
from analytics_hub.api.graphql.selected import metrics_selected
from analytics_hub.api.graphql.shapes import Body, Group, Level, Question, groups, question
from analytics_hub.api.graphql.typed import UserMetrics, shape
from analytics_hub.api.rest.top import top_of
from analytics_hub.api.rest.users import TOP_DEFAULT
from analytics_hub.api.rest.users_wire import users_body
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import UserAnswer, UserQuery


@shape
class UserPoint:
    """One bucket of a user, named by its start."""

    start: DateTime
    values: UserMetrics


@shape
class UserSeries:
    """One end-user, told apart by what else was asked."""

    group: list[Group] = strawberry.field(
        description="`user`, and what else tells apart. The user '' is everybody who was not named; of `other` the "
        "group is empty."
    )
    other: bool = strawberry.field(description="True for the one that gathers everybody past the limit.")
    total: UserMetrics
    points: list[UserPoint] = strawberry.field(description="Buckets without events are absent.")


@shape
class UserCoverage:
    """How much of the answer has a price."""

    events: Count
    unpriced_events: Count
    partial_events: Count
    estimated_events: Count
    event_share: float | None = strawberry.field(description="Share of the events that have a price.")


@shape
class Users:
    """The end-users that used most, from one snapshot."""

    query: Question
    users: Count = strawberry.field(description="Different end-users, those of `other` included.")
    fresh_until: DateTime = strawberry.field(
        description="Everything committed before this moment is counted."
    )
    coverage: UserCoverage
    levels: list[Level]
    total: UserMetrics
    series: list[UserSeries] = strawberry.field(description="Best first, then `other`.")


async def ask_users(
    info: Info,
    *,
    from_: From = "-24h",
    to: To = "now",
    interval: Buckets = Interval.NONE,
    tz: Zone = "UTC",
    group_by: GroupBy = [],  # noqa: B006  strawberry's way to write a default; nobody changes it
    filters: Filters = [],  # noqa: B006
    order: Annotated[
        str, strawberry.argument(description="`-cost_usd`: greatest first; `cost_usd`: least first.")
    ] = "-cost_usd",
    top: Top = TOP_DEFAULT,
) -> MakeBody:
    asking = info.context
    start, end = asking.range(from_, to, tz)
    with top_of(top, None):
        usage = UsageQuery.ask(
            asking.caller.tenant,
            start,
            end,
            interval=interval.value,
            tz=tz,
            metrics=metrics_selected(info),
            group_by=group_by,
            filters=filters_of(filters),
            order=order,
            limit=TOP_DEFAULT if top is None else top,
            caps=asking.services.caps,
        )
    found = await asking.services.users.ask(UserQuery(usage, raw_days_max=asking.services.raw_days_max))
    count_minutes(found.levels)
    return lambda: _body(found)


def _body(found: UserAnswer) -> Body:
    body = users_body(found)
    return {
        **body,
        "query": question(body["query"]),
        "series": [{**one, "group": groups(one["group"])} for one in body["series"]],
    }
