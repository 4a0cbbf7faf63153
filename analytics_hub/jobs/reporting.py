"""The job `backtest_report`: how good a tenant's stored forecasts of last week were, against what came.

In: a `Work`. Out: the rows written. Each nightly forecast is judged on the day that follows it, so every bucket of the
week is judged once, by what was said the night before. Beside it stands what nobody needs a model for: the same bucket
a week earlier. Weeks begin on Monday, in UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from analytics_hub.domain.forecast import ForecastAccuracy, ForecastPoint, SeriesForecast
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.jobs.refitting import METRICS
from analytics_hub.jobs.work import Work
from analytics_hub.query.accuracy import week_start

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)

_Hours = Mapping[datetime, float]


def report_accuracy(work: Work) -> int:
    week = week_start(work.now) - _WEEK
    with work.writing() as writer:
        forecasts = [
            one
            for one in writer.forecasts_as_of(week, week + _WEEK)
            if one.metric in METRICS and one.step_s <= _DAY.total_seconds() and not one.dimension
        ]
    if not forecasts:
        return 0
    work.progress(1, 2)
    came = _hours(work, week)
    accuracies = list(accuracies_of(forecasts, came, week, work.now))
    with work.writing() as writer:
        rows = writer.put_accuracy(accuracies)
    work.progress(2, 2)
    return rows


def accuracies_of(
    forecasts: Sequence[SeriesForecast], came: Mapping[str, _Hours], week: datetime, now: datetime
) -> Iterator[ForecastAccuracy]:
    """One a metric and step."""

    def series(one: SeriesForecast) -> tuple[str, int]:
        return one.metric, one.step_s

    for (metric, step_s), some in groupby(sorted(forecasts, key=series), key=series):
        step = timedelta(seconds=step_s)
        judged = {
            point.start: point
            for one in some
            for point in one.points
            if point.start < one.points[0].start + _DAY and point.start + step <= week + _WEEK
        }
        if judged:
            yield _accuracy(list(judged.values()), came[metric], step, (metric, week, now))


def _accuracy(
    points: Sequence[ForecastPoint], came: _Hours, step: timedelta, named: tuple[str, datetime, datetime]
) -> ForecastAccuracy:
    metric, week, now = named
    actual = [_sum(came, point.start, step) for point in points]
    before = [_sum(came, point.start - _WEEK, step) for point in points]
    return ForecastAccuracy(
        week,
        "",
        "",
        metric,
        int(step.total_seconds()),
        len(points),
        _wape(actual, [point.value for point in points]),
        _wape(actual, before),
        _coverage(actual, [(point.low_80, point.high_80) for point in points]),
        _coverage(actual, [(point.low_95, point.high_95) for point in points]),
        now,
    )


def _hours(work: Work, week: datetime) -> dict[str, dict[datetime, float]]:
    """What came, by metric and hour, in that week and the one before; an hour without events is not among them."""
    asked = UsageQuery(work.tenant, week - _WEEK, week + _WEEK, interval=Interval.HOUR, metrics=METRICS)
    found: dict[str, dict[datetime, float]] = {metric: {} for metric in METRICS}
    for series in work.ask(asked).series:
        for metric in METRICS:
            values = zip(series.points.starts, series.points.columns.get(metric, ()), strict=False)
            found[metric] |= {start: float(value or 0) for start, value in values}
    return found


def _sum(came: _Hours, start: datetime, step: timedelta) -> float:
    return sum(came.get(start + number * _HOUR, 0.0) for number in range(step // _HOUR))


def _wape(actual: Sequence[float], said: Sequence[float]) -> float | None:
    whole = sum(map(abs, actual))
    if not whole:
        return None
    return sum(abs(one - other) for one, other in zip(actual, said, strict=True)) / whole


def _coverage(actual: Sequence[float], bounds: Sequence[tuple[float | None, float | None]]) -> float | None:
    """Of the buckets of which something was promised."""
    inside = [
        low <= value <= high
        for value, (low, high) in zip(actual, bounds, strict=True)
        if low is not None and high is not None
    ]
    return sum(inside) / len(inside) if inside else None
