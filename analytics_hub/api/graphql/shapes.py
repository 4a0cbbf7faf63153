"""Types that several root fields share: groups, coverage, levels, the question as it was understood.

In: the bodies of REST (`analytics_hub/api/rest/wire.py`), whose names these fields have. Out: types, and the little
that GraphQL spells otherwise: a mapping with names of the caller's choice is a list of pairs.
"""

from collections.abc import Mapping
from typing import Any

import strawberry

from analytics_hub.api.graphql.scalars import Count, DateTime
from analytics_hub.api.graphql.typed import shape

Body = dict[str, Any]


@shape
class Group:
    """What a group has in one dimension. Missing is the empty string."""

    dimension: str
    value: str


@shape
class Coverage:
    """How much of the answer has a price. An unpriced model is never a silent $0."""

    events: Count
    unpriced_events: Count
    partial_events: Count
    estimated_events: Count
    event_share: float | None = strawberry.field(description="Share of the events that have a price.")
    tokens: Count
    unpriced_tokens: Count
    token_share: float | None = strawberry.field(description="Share of the tokens that have a price.")


@shape
class Level:
    """What was read, in minutes of time."""

    level: str
    minutes: Count


@shape
class Filter:
    """A dimension and the values that it may have."""

    dimension: str
    values: list[str]


@shape
class Question:
    """The question as it was understood."""

    from_: DateTime = strawberry.field(name="from")
    to: DateTime
    interval: str
    tz: str
    metrics: list[str]
    group_by: list[str]
    filters: list[Filter]
    order: str
    limit: int | None = strawberry.field(description="Most groups told apart; null where nothing is grouped.")
    compare: str | None
    fill: bool


def groups(group: Mapping[str, str]) -> list[Body]:
    return [{"dimension": name, "value": value} for name, value in group.items()]


def question(body: Body) -> Body:
    filters = [{"dimension": name, "values": values} for name, values in body["filters"].items()]
    return {**body, "filters": filters}
