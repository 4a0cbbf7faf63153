"""The shapes on the wire of forecasts: JSON bodies and tables. The other way is in `forecasts.py`.

A forecast is an estimate: money is a decimal string of six places, like other money; anything else a number. A bound is
null where nothing can be promised.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.api.rest.table import Cell, Column, Kind, Table
from analytics_hub.api.rest.wire import CoverageBody, coverage_body, rounded, wall_times
from analytics_hub.domain.forecast import BacktestError, ForecastPoint
from analytics_hub.domain.forecast_query import ForecastAnswer, Forecasted, ForecastQuery
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.money import estimated_usd

_VALUES: Final = ("value", "low_80", "high_80", "low_95", "high_95")
_SAID: Final = ("history", "model", "source")
EstimateBody = float | str | None


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ForecastPointBody(_Body):
    start: datetime
    value: float | str
    low_80: EstimateBody = Field(description="The 80 % interval; null where nothing can be promised.")
    high_80: EstimateBody
    low_95: EstimateBody
    high_95: EstimateBody


class BacktestErrorBody(_Body):
    mase: float | None = Field(description="Mean absolute error over that of the last cycle repeated.")
    wape: float | None = Field(description="Sum of absolute errors over the sum of the values.")
    fits: int = Field(description="Models fitted to choose this one.")


class MetricForecastBody(_Body):
    metric: str
    source: Literal["computed", "stored"] = Field(
        description="Made just now by the quick models, or by a job."
    )
    model: str
    history: Literal["enough", "short", "intermittent", "none"] = Field(
        description="How much there was to learn from; `short`: read it with care; `none`: no points."
    )
    trained_from: datetime | None
    trained_to: datetime | None
    made_at: datetime
    error: BacktestErrorBody | None = Field(description="Of the model on the end of its own history.")
    points: list[ForecastPointBody]


class ForecastSeriesBody(_Body):
    group: dict[str, str]
    other: bool = Field(description="True for the one series that gathers all groups past the limit.")
    metrics: list[MetricForecastBody]


class ForecastQuestionBody(_Body):
    """The question as it was understood; `from` and `to` are the history, `to` the start of the forecast."""

    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    interval: Literal["1h", "1d"]
    horizon: int
    tz: str
    metrics: list[str]
    group_by: list[str]
    filters: dict[str, list[str]]
    limit: int | None = Field(description="Most groups told apart; null where nothing is grouped.")


class ForecastsBody(_Body):
    query: ForecastQuestionBody
    made_at: datetime
    fresh_until: datetime = Field(description="Everything committed before this moment is in the history.")
    coverage: CoverageBody = Field(description="Of the history.")
    series: list[ForecastSeriesBody]


def estimate(metric: str, value: float | None) -> EstimateBody:
    """As the metric's own values are spelled, rounded."""
    if value is None:
        return None
    return estimated_usd(value) if METRICS[metric].unit == "usd" else rounded(value)


def forecasts_body(answer: ForecastAnswer) -> dict[str, Any]:
    """A `ForecastsBody` ready for orjson."""
    times = wall_times(set(answer.starts), answer.query.usage.zone)
    return {
        "query": _question_body(answer.query),
        "made_at": answer.made_at,
        "fresh_until": answer.fresh_until,
        "coverage": coverage_body(answer.coverage),
        "series": [
            {
                "group": dict(series.group),
                "other": series.other,
                "metrics": [_metric_body(one, answer.query, times) for one in series.metrics],
            }
            for series in answer.series
        ],
    }


def _question_body(query: ForecastQuery) -> dict[str, Any]:
    usage = query.usage
    return {
        "from": usage.start.astimezone(usage.zone),
        "to": usage.end.astimezone(usage.zone),
        "interval": usage.interval.value,
        "horizon": query.buckets,
        "tz": usage.tz,
        "metrics": list(query.metrics),
        "group_by": list(usage.group_by),
        "filters": {chosen.dimension: list(chosen.values) for chosen in usage.filters},
        "limit": usage.groups_max if usage.group_by else None,
    }


def _metric_body(one: Forecasted, query: ForecastQuery, times: dict[datetime, str]) -> dict[str, Any]:
    forecast, zone = one.forecast, query.usage.zone
    return {
        "metric": forecast.metric,
        "source": one.source.value,
        "model": forecast.model,
        "history": forecast.history.value,
        "trained_from": forecast.trained_from and forecast.trained_from.astimezone(zone),
        "trained_to": forecast.trained_to and forecast.trained_to.astimezone(zone),
        "made_at": forecast.made_at,
        "error": error_body(forecast.error),
        "points": [
            {
                "start": times[point.start],
                **{name: estimate(forecast.metric, getattr(point, name)) for name in _VALUES},
            }
            for point in forecast.points
        ],
    }


def error_body(error: BacktestError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"mase": rounded(error.mase), "wape": rounded(error.wape), "fits": error.fits}


def forecasts_table(answer: ForecastAnswer) -> Table:
    """A row is one bucket of one group; of each metric the value, its bounds, and where it comes from."""
    body = forecasts_body(answer)
    facts = {name: body[name] for name in ("query", "made_at", "fresh_until", "coverage")}
    return Table(tuple(_columns(answer.query)), list(_rows(answer)), facts)


def _columns(query: ForecastQuery) -> Iterator[Column]:
    yield Column("start", Kind.TIME, query.usage.tz)
    if query.usage.group_by:
        yield from (Column(name, Kind.TEXT) for name in query.usage.group_by)
        yield Column("other", Kind.FLAG)
    for metric in query.metrics:
        kind = Kind.MONEY if METRICS[metric].unit == "usd" else Kind.NUMBER
        yield from (Column(_column(metric, name), kind) for name in _VALUES)
        yield from (Column(_column(metric, name), Kind.TEXT) for name in _SAID)


def _column(metric: str, name: str) -> str:
    return metric if name == "value" else f"{metric}_{name}"


def _rows(answer: ForecastAnswer) -> Iterator[list[Cell]]:
    usage = answer.query.usage
    for series in answer.series:
        group: list[Cell] = [series.group.get(name) for name in usage.group_by]
        if usage.group_by:
            group.append(series.other)
        by_start = [{point.start: point for point in one.forecast.points} for one in series.metrics]
        for start in answer.starts:
            row = [start.astimezone(usage.zone), *group]
            for one, points in zip(series.metrics, by_start, strict=True):
                row += _cells(one, points.get(start))
            yield row


def _cells(one: Forecasted, point: ForecastPoint | None) -> Sequence[Cell]:
    """The values are null where nothing is forecast; why stands beside them."""
    metric = one.forecast.metric
    values = [None if point is None else estimate(metric, getattr(point, name)) for name in _VALUES]
    return [*values, one.forecast.history.value, one.forecast.model, one.source.value]
