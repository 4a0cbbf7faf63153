"""`forecastAccuracy`: what `GET /v1/forecasts/accuracy` answers.

In: a number of weeks. Out: the body of `analytics_hub/api/rest/accuracy_wire.py`.
"""

from typing import Annotated

import strawberry

from analytics_hub.api.graphql.asking import Info, MakeBody
from analytics_hub.api.graphql.scalars import DateTime
from analytics_hub.api.graphql.typed import shape
from analytics_hub.api.rest.accuracy_wire import accuracies_body
from analytics_hub.query.accuracy import WEEKS_DEFAULT, ask_accuracy


@shape
class AccuracyQuestion:
    """Whole weeks, from Monday, in UTC; `to` is excluded."""

    from_: DateTime = strawberry.field(name="from")
    to: DateTime
    weeks: int


@shape
class ForecastAccuracy:
    """How wrong the stored forecasts of a metric were in one week."""

    week: DateTime = strawberry.field(description="Its Monday.")
    metric: str
    interval: str = strawberry.field(description="`1h` or `1d`: the width of the buckets that were forecast.")
    buckets: int = strawberry.field(
        description="How many were judged, each by what was said the night before."
    )
    wape: float | None = strawberry.field(
        description="Sum of absolute errors over the sum of what came; null when nothing came."
    )
    naive_wape: float | None = strawberry.field(
        description="The same, had the same buckets of the week before been the forecast."
    )
    coverage_80: float | None = strawberry.field(
        description="Share of the buckets inside the 80 % interval; null where none was promised."
    )
    coverage_95: float | None
    made_at: DateTime = strawberry.field(description="When it was judged.")


@shape
class ForecastAccuracies:
    """Newest week first; a week in which nothing was judged is absent."""

    query: AccuracyQuestion
    accuracies: list[ForecastAccuracy]


async def ask_forecast_accuracy(
    info: Info,
    weeks: Annotated[int, strawberry.argument(description="The last so many whole weeks.")] = WEEKS_DEFAULT,
) -> MakeBody:
    asking = info.context
    query = ask_accuracy(asking.caller.tenant, asking.now, weeks)
    found = await asking.services.findings.accuracy(query)
    return lambda: accuracies_body(found)
