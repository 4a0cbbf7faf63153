"""Forecasts of usage in memory: the grid, what is history, what a job knew already, and when nothing can be said."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.forecast import ForecastPoint, History, SeriesForecast
from analytics_hub.domain.forecast_query import ForecastAnswer, ForecastCaps, Source
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.finding_memory import MemoryFindings
from analytics_hub.query.fitting import FittingPlaces
from analytics_hub.query.forecast_history import ask_forecast
from analytics_hub.query.forecasting import ForecastService
from analytics_hub.query.memory import Delta, MemoryUsageStore
from analytics_hub.query.service import UsageService
from tests.support.forecasts import FORECAST_RULES

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)
ACME = TenantId(1)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class World:
    """One tenant's usage, and what a job has forecast."""

    def __init__(self) -> None:
        self.usage = MemoryUsageStore(ACME, NOW, ["team"])
        self.findings = MemoryFindings()

    def add(self, at: datetime, events: int = 1, *, model: str = "a", cost: int = 0, **measures: int) -> None:
        cells = {"events": events, "cost_input_pico_usd": cost * 10**12, **measures}
        self.usage.add(Delta(at, {"model": model}, cells))

    def every(self, step: timedelta, count: int, amount: Callable[[int], int], **more: Any) -> None:
        """The last so many whole buckets before now, and the running one."""
        last = NOW.replace(minute=0) if step == HOUR else NOW.replace(hour=0, minute=0)
        for back in range(count + 1):
            self.add(last - back * step, amount(back), **more)

    def ask(self, **asked: Any) -> ForecastAnswer:
        service = ForecastService(
            UsageService(self.usage, spans_max=500).ask,
            self.findings,
            FittingPlaces(threads=1, tenant_max=1, wait_s=120),
            FixedClock(NOW),
            FORECAST_RULES,
        )
        return asyncio.run(service.ask(ask_forecast(ACME, NOW, **asked)))


def constantly(amount: int) -> Callable[[int], int]:
    return lambda _: amount


def only(answer: ForecastAnswer) -> SeriesForecast:
    """Of one group and one metric."""
    ((found,),) = ((one.forecast for one in series.metrics) for series in answer.series)
    return found


def test_a_steady_tenant_is_expected_to_stay_so() -> None:
    world = World()
    world.every(DAY, 60, lambda _: 100, cost=3)
    found = only(world.ask(horizon=5))
    assert (found.history, found.metric, found.step_s) == (History.ENOUGH, "cost_usd", 86_400)
    assert [point.value for point in found.points] == [3.0] * 5
    assert found.points[0].low_95 == found.points[0].high_95 == 3.0
    assert found.error is not None
    assert found.error.wape == 0.0


@pytest.mark.parametrize("horizon", [1, 5, 7, 30])
def test_however_few_buckets_are_asked_for_they_have_the_intervals_of_a_whole_cycle(horizon: int) -> None:
    world = World()
    draw = np.random.default_rng(3)
    amounts = draw.poisson(40, 100).tolist()
    world.every(DAY, 90, lambda back: amounts[back])
    points = only(world.ask(horizon=horizon, metrics=["events"])).points
    assert len(points) == horizon
    assert all(point.high_95 is not None and point.high_95 > point.value for point in points)


def test_a_day_is_a_cycle_of_hours() -> None:
    world = World()
    world.every(HOUR, 20 * 24, lambda back: 10 + (NOW.hour - back) % 24)
    found = only(world.ask(interval="1h", horizon=24, metrics=["events"]))
    assert [round(point.value) for point in found.points] == [10 + (NOW.hour + at) % 24 for at in range(24)]


def test_the_running_bucket_is_the_first_that_is_said_and_no_history() -> None:
    world = World()
    world.every(DAY, 30, lambda back: 100 if back else 1_000_000)
    answer = world.ask(horizon=2, metrics=["events"])
    found = only(answer)
    assert answer.starts == (datetime(2026, 11, 5, tzinfo=UTC), datetime(2026, 11, 6, tzinfo=UTC))
    assert found.trained_to == answer.starts[0]
    assert found.points[0].value == 100


def test_days_are_those_of_the_zone_even_where_the_clock_changes() -> None:
    answer = World().ask(horizon=150, tz="America/New_York", forecast_caps=ForecastCaps(horizon_days_max=366))
    assert answer.starts[0] == datetime(2026, 11, 5, 5, tzinfo=UTC)
    assert len(answer.starts) == 150
    assert answer.starts[-1] == datetime(2027, 4, 3, 4, tzinfo=UTC)
    assert answer.query.usage.start == datetime(2026, 5, 7, 4, tzinfo=UTC)


def test_nothing_is_made_up_for_a_tenant_without_events() -> None:
    found = only(World().ask())
    assert (found.points, found.history, found.model) == ((), History.NONE, "none")
    assert (found.error, found.trained_from) == (None, None)
    assert World().ask(group_by=["model"]).series == []


def test_a_few_hours_are_said_to_be_too_little() -> None:
    world = World()
    world.every(HOUR, 5, lambda _: 10)
    found = only(world.ask(interval="1h", metrics=["events"]))
    assert found.history is History.SHORT
    assert found.points[0].value == 10
    assert found.points[0].high_95 is None


def test_before_the_first_event_there_is_no_history() -> None:
    world = World()
    world.every(HOUR, 5, lambda _: 10)
    found = only(world.ask(interval="1h", metrics=["events"]))
    assert found.trained_from == NOW.replace(minute=0) - 5 * HOUR


def test_an_hour_without_events_is_zero_for_counts_and_unknown_for_ratios() -> None:
    world = World()
    for back in range(1, 24 * 10):
        if (NOW - back * HOUR).hour % 2 == 0:
            world.add(NOW.replace(minute=0) - back * HOUR, 10, errors=5)
    answer = world.ask(interval="1h", horizon=2, metrics=["events", "error_rate"])
    events, rate = (one.forecast for one in answer.series[0].metrics)
    assert [point.value for point in events.points] == [10.0, 0.0]
    assert [point.value for point in rate.points] == [0.5, 0.5]
    assert all(point.high_95 is None or point.high_95 <= 1 for point in rate.points)


def test_groups_are_forecast_each_for_itself_and_the_rest_together() -> None:
    world = World()
    for model, events in (("a", 30), ("b", 20), ("c", 10), ("d", 5)):
        world.every(DAY, 30, constantly(events), model=model)
    answer = world.ask(metrics=["events"], group_by=["model"], top=2, horizon=1)
    found = [(one.group, one.other, one.metrics[0].forecast.points[0].value) for one in answer.series]
    assert found == [({"model": "a"}, False, 30.0), ({"model": "b"}, False, 20.0), ({}, True, 15.0)]
    assert answer.series[0].metrics[0].forecast.value == "a"


def stored(**changed: Any) -> SeriesForecast:
    start = NOW.replace(hour=0, minute=0)
    points = tuple(ForecastPoint(start + at * DAY, 7.0 + at, 1.0, 9.0, 0.0, 10.0) for at in range(30))
    made = SeriesForecast(
        "cost_usd", "", "", 86_400, points, "mstl", History.ENOUGH, start - 90 * DAY, start, None, NOW
    )  # fmt: skip
    return replace(made, **changed)


def test_what_a_job_has_forecast_is_taken_from_there() -> None:
    world = World()
    world.every(DAY, 30, lambda _: 1, cost=1)
    world.findings.put_forecasts(ACME, [stored()])
    answer = world.ask(horizon=3, metrics=["cost_usd", "events"])
    cost, events = answer.series[0].metrics
    assert (cost.source, cost.forecast.model) == (Source.STORED, "mstl")
    assert [point.value for point in cost.forecast.points] == [7.0, 8.0, 9.0]
    assert events.source is Source.COMPUTED


def test_a_job_that_forecast_one_value_of_a_dimension_answers_a_filter_by_it() -> None:
    world = World()
    world.every(DAY, 30, lambda _: 1, cost=1)
    world.findings.put_forecasts(ACME, [stored(dimension="model", value="a")])
    sources = [
        world.ask(filters=filters).series[0].metrics[0].source
        for filters in ({"model": ["a"]}, {"model": ["b"]}, {"model": ["a", "b"]}, {})
    ]
    assert sources == [Source.STORED, *[Source.COMPUTED] * 3]


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (stored(trained_to=NOW - 3 * DAY), {}),
        (stored(trained_to=None), {}),
        (stored(points=[replace(one, high_95=None) for one in stored().points]), {}),
        (stored(), {"horizon": 31}),
        (stored(), {"interval": "1h"}),
        (stored(), {"tz": "Asia/Kolkata"}),
        (stored(), {"group_by": ["model"]}),
    ],
    ids=[
        "too old",
        "of nothing",
        "promises nothing",
        "too short",
        "other buckets",
        "other days",
        "other groups",
    ],
)
def test_a_stored_forecast_of_something_else_is_not_taken(
    made: SeriesForecast, asked: dict[str, Any]
) -> None:
    world = World()
    world.every(DAY, 30, lambda _: 1, cost=1)
    world.findings.put_forecasts(ACME, [made])
    answer = world.ask(**asked)
    assert {one.source for series in answer.series for one in series.metrics} == {Source.COMPUTED}


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"interval": "1w"}, "unknown_interval", "interval"),
        ({"interval": "x"}, "unknown_interval", "interval"),
        ({"horizon": 0}, "bad_horizon", "horizon"),
        ({"horizon": 93}, "bad_horizon", "horizon"),
        ({"interval": "1h", "horizon": 169}, "bad_horizon", "horizon"),
        ({"group_by": ["model"], "top": 21}, "too_many_series", "top"),
        (
            {"group_by": ["model"], "top": 8, "metrics": ["events", "errors", "cost_usd"]},
            "too_many_series",
            "top",
        ),
        ({"metrics": ["money"]}, "unknown_metric", "metrics"),
        ({"tz": "Moon"}, "unknown_zone", "tz"),
        ({"filters": {"tag.x": ["y"]}}, "undeclared_tag", "filter"),
    ],
)
def test_what_cannot_be_forecast_is_refused_by_name(asked: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        World().ask(**asked)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_the_same_history_gives_the_same_forecast() -> None:
    world = World()
    draw = np.random.default_rng(7)
    amounts = draw.poisson(40, 100).tolist()
    world.every(DAY, 60, lambda back: amounts[back], cost=2)
    first, second = world.ask(metrics=["events"]), world.ask(metrics=["events"])
    assert first.series == second.series
