"""`dimensions`: the values that dimensions have, as `GET /v1/dimensions` answers.

In: arguments with REST's names. Out: the body of `analytics_hub/api/rest/dimensions_wire.py`.
"""

from typing import Annotated

import strawberry

from analytics_hub.api.graphql.arguments import From, To
from analytics_hub.api.graphql.asking import Info, MakeBody, count_minutes
from analytics_hub.api.graphql.scalars import Count, DateTime
from analytics_hub.api.graphql.shapes import Level
from analytics_hub.api.graphql.typed import shape
from analytics_hub.api.rest.dimensions import LIMIT_DEFAULT
from analytics_hub.api.rest.dimensions_wire import dimensions_body
from analytics_hub.domain.dimension import DimensionQuery


@shape
class DimensionValue:
    """A value and how many events have it."""

    value: str = strawberry.field(description="Missing is the empty string.")
    events: Count


@shape
class Dimension:
    """The values of one dimension, the most frequent first."""

    name: str
    values: list[DimensionValue]
    matching: Count = strawberry.field(
        description="Values that begin as asked, those past the limit included."
    )
    complete: bool = strawberry.field(
        description="False when the dimension has too many values to tell all of them apart."
    )


@shape
class Dimensions:
    """The values of dimensions, for whoever must choose among them."""

    from_: DateTime = strawberry.field(name="from", description="Widened to a whole UTC day.")
    to: DateTime
    fresh_until: DateTime = strawberry.field(
        description="Everything committed before this moment is counted."
    )
    levels: list[Level]
    dimensions: list[Dimension]


async def ask_dimensions(
    info: Info,
    *,
    dimension: Annotated[
        str | None, strawberry.argument(description="A dimension, or tag.<key>; all of them by default.")
    ] = None,
    q: Annotated[str, strawberry.argument(description="Only values that begin so, in whatever case.")] = "",
    from_: From = "-30d",
    to: To = "now",
    limit: Annotated[int, strawberry.argument(description="Values of each dimension.")] = LIMIT_DEFAULT,
) -> MakeBody:
    asking = info.context
    start, end = asking.range(from_, to)
    query = DimensionQuery(asking.caller.tenant, start, end, dimension, q, limit, caps=asking.services.caps)
    found = await asking.services.dimensions.ask(query)
    count_minutes(found.levels)
    return lambda: dimensions_body(found)
