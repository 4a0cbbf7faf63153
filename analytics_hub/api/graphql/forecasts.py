"""`forecasts` and `monthEnd`: what `GET /v1/forecasts` and `GET /v1/forecasts/month` answer. The metrics are an
argument: a forecast is of one metric each.

In: arguments with REST's names. Out: the bodies of `analytics_hub/api/rest/forecast_wire.py` and `month_wire.py`.
"""

from typing import Annotated

import strawberry

from analytics_hub.api.graphql.arguments import Buckets, Filters, GroupBy, Interval, Top, Zone, filters_of
from analytics_hub.api.graphql.asking import Info, MakeBody
from analytics_hub.api.graphql.scalars import DateTime, Estimate, Usd
from analytics_hub.api.graphql.shapes import Body, Coverage, Filter, Group, groups, question
from analytics_hub.api.graphql.typed import shape
from analytics_hub.api.rest.forecast_wire import forecasts_body
from analytics_hub.api.rest.month_wire import month_body
from analytics_hub.api.rest.top import top_of
from analytics_hub.domain.forecast_query import ForecastAnswer
from analytics_hub.query.forecast_history import ask_forecast
from analytics_hub.query.month import ask_month


@shape
class ForecastPoint:
    """What one bucket is expected to be. A bound is null where nothing can be promised."""

    start: DateTime
    value: Estimate
    low_80: Estimate | None
    high_80: Estimate | None
    low_95: Estimate | None
    high_95: Estimate | None


@shape
class BacktestError:
    """How wrong the model was on the end of its own history."""

    mase: float | None = strawberry.field(
        description="Mean absolute error over that of the last cycle repeated."
    )
    wape: float | None = strawberry.field(description="Sum of absolute errors over the sum of the values.")
    fits: int = strawberry.field(description="Models fitted to choose this one.")


@shape
class MetricForecast:
    """One metric of one group."""

    metric: str
    source: str = strawberry.field(
        description="`computed` just now by the quick models, or `stored` by a job."
    )
    model: str
    history: str = strawberry.field(
        description="`enough`, `short`, `intermittent` or `none`: then no points."
    )
    trained_from: DateTime | None
    trained_to: DateTime | None
    made_at: DateTime
    error: BacktestError | None
    points: list[ForecastPoint]


@shape
class ForecastSeries:
    """One group."""

    group: list[Group] = strawberry.field(description="Empty where nothing is grouped, and for `other`.")
    other: bool = strawberry.field(description="True for the one that gathers all groups past the limit.")
    metrics: list[MetricForecast]


@shape
class ForecastQuestion:
    """The question as it was understood; `from` and `to` are the history, `to` the start of the forecast."""

    from_: DateTime = strawberry.field(name="from")
    to: DateTime
    interval: str
    horizon: int
    tz: str
    metrics: list[str]
    group_by: list[str]
    filters: list[Filter]
    limit: int | None = strawberry.field(description="Most groups told apart; null where nothing is grouped.")


@shape
class Forecasts:
    """Expected usage, with intervals."""

    query: ForecastQuestion
    made_at: DateTime
    fresh_until: DateTime = strawberry.field(
        description="Everything committed before this moment is in the history."
    )
    coverage: Coverage = strawberry.field(description="Of the history.")
    series: list[ForecastSeries]


@shape
class MonthQuestion:
    """The running month of the zone."""

    from_: DateTime = strawberry.field(name="from")
    to: DateTime
    tz: str
    filters: list[Filter]


@shape
class MonthEnd:
    """What the month has cost so far, exactly, and what it is expected to come to, an estimate."""

    query: MonthQuestion
    made_at: DateTime
    fresh_until: DateTime = strawberry.field(
        description="Everything committed before this moment is counted."
    )
    coverage: Coverage = strawberry.field(description="Of the history and of the month so far.")
    spent_usd: Usd
    expected_usd: Usd | None = strawberry.field(description="The whole month; null when there is no history.")
    low_80_usd: Usd | None
    high_80_usd: Usd | None = strawberry.field(description="Null where nothing can be promised.")
    low_95_usd: Usd | None
    high_95_usd: Usd | None
    model: str
    history: str = strawberry.field(description="`enough`, `short`, `intermittent` or `none`.")
    trained_from: DateTime | None
    error: BacktestError | None


async def ask_month_end(info: Info, tz: Zone = "UTC", filters: Filters = []) -> MakeBody:  # noqa: B006
    asking = info.context
    services = asking.services
    found = await services.months.ask(
        ask_month(
            asking.caller.tenant,
            asking.now,
            tz=tz,
            filters=filters_of(filters),
            caps=services.caps,
            forecast_caps=services.forecast_caps,
        )
    )
    body = month_body(found)
    return lambda: {**body, "query": question(body["query"])}


async def ask_forecasts(
    info: Info,
    *,
    interval: Buckets = Interval.DAY,
    horizon: Annotated[
        int | None, strawberry.argument(description="Buckets, the running one the first.")
    ] = None,
    tz: Zone = "UTC",
    metrics: Annotated[
        list[str], strawberry.argument(description="With REST's names; `cost_usd` by default.")
    ] = [],  # noqa: B006  strawberry's way to write a default; nobody changes it
    group_by: GroupBy = [],  # noqa: B006
    filters: Filters = [],  # noqa: B006
    order: Annotated[
        str | None, strawberry.argument(description="Which groups are told apart, by the history.")
    ] = None,
    top: Top = None,
) -> MakeBody:
    asking = info.context
    services = asking.services
    with top_of(top, None):
        query = ask_forecast(
            asking.caller.tenant,
            asking.now,
            interval=interval.value,
            horizon=horizon,
            tz=tz,
            metrics=metrics,
            group_by=group_by,
            filters=filters_of(filters),
            order=order,
            top=top,
            caps=services.caps,
            forecast_caps=services.forecast_caps,
        )
    found = await services.forecasts.ask(query)
    return lambda: _body(found)


def _body(found: ForecastAnswer) -> Body:
    body = forecasts_body(found)
    return {
        **body,
        "query": question(body["query"]),
        "series": [{**one, "group": groups(one["group"])} for one in body["series"]],
    }
