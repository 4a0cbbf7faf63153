"""Last week's forecasts against what came, by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.forecast import ForecastPoint, History, SeriesForecast
from analytics_hub.jobs.reporting import accuracies_of

WEEK = datetime(2026, 3, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = WEEK + timedelta(days=9)


def forecast(
    start: datetime, values: list[float], step: timedelta = HOUR, width: float = 2
) -> SeriesForecast:
    points = tuple(
        ForecastPoint(start + number * step, value, value - width, value + width, None, None)
        for number, value in enumerate(values)
    )
    step_s = int(step.total_seconds())
    return SeriesForecast(
        "events", "", "", step_s, points, "m", History.ENOUGH, None, None, None, start
    )  # fmt: skip


def test_errors_and_coverage_are_those_of_the_buckets_that_followed() -> None:
    came = {"events": {WEEK: 10.0, WEEK + HOUR: 20.0, WEEK - timedelta(days=7): 16.0}}
    (found,) = accuracies_of([forecast(WEEK, [11.0, 25.0])], came, WEEK, NOW)
    assert (found.metric, found.step_s, found.buckets) == ("events", 3_600, 2)
    assert found.wape == pytest.approx(6 / 30)  # 1 and 5 of 30
    assert found.naive_wape == pytest.approx(26 / 30)  # 6, and 20 for the hour that had nothing a week before
    assert (found.coverage_80, found.coverage_95) == (0.5, None)


def test_a_bucket_is_judged_by_the_newest_forecast_before_it() -> None:
    first = forecast(WEEK, [0.0] * 48)
    second = forecast(WEEK + timedelta(days=1), [5.0] * 48)
    came = {"events": {WEEK + number * HOUR: 5.0 for number in range(72)}}
    (found,) = accuracies_of([first, second], came, WEEK, NOW)
    assert (found.buckets, found.wape) == (48, 0.5)


def test_days_are_sums_of_their_hours() -> None:
    came = {"events": {WEEK + number * HOUR: 1.0 for number in range(24)}}
    (found,) = accuracies_of([forecast(WEEK, [12.0], timedelta(days=1))], came, WEEK, NOW)
    assert (found.step_s, found.buckets, found.wape) == (86_400, 1, 0.5)


def test_what_lies_past_the_week_is_not_judged() -> None:
    late = forecast(WEEK + timedelta(days=7) - HOUR, [1.0, 1.0])
    (found,) = accuracies_of([late], {"events": {}}, WEEK, NOW)
    assert (found.buckets, found.wape) == (1, None)
