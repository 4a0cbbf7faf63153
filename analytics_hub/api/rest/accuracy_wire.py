"""The shape on the wire of what stored forecasts were worth: JSON body and table. The other way is in `accuracy.py`.

Errors and coverages are shares, of money too.
"""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.api.rest.table import Column, Kind, Table
from analytics_hub.api.rest.wire import rounded
from analytics_hub.domain.forecast import ForecastAccuracy
from analytics_hub.domain.usage import Interval
from analytics_hub.query.accuracy import AccuracyAnswer

_INTERVALS: Final = {3_600: Interval.HOUR.value, 86_400: Interval.DAY.value}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class AccuracyQuestionBody(_Body):
    """Whole weeks, from Monday, in UTC."""

    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to", description="Excluded: the start of the running week.")
    weeks: int


class AccuracyBody(_Body):
    week: datetime = Field(description="Its Monday.")
    metric: str
    interval: str = Field(description="`1h` or `1d`: the width of the buckets that were forecast.")
    buckets: int = Field(description="How many were judged, each by what was said the night before.")
    wape: float | None = Field(
        description="Sum of absolute errors over the sum of what came; null when nothing came."
    )
    naive_wape: float | None = Field(
        description="The same, had the same buckets of the week before been the forecast."
    )
    coverage_80: float | None = Field(
        description="Share of the buckets inside the 80 % interval; null where none was promised."
    )
    coverage_95: float | None
    made_at: datetime = Field(description="When it was judged.")


class AccuraciesBody(_Body):
    query: AccuracyQuestionBody
    accuracies: list[AccuracyBody] = Field(
        description="Newest week first; a week in which nothing was judged is absent."
    )


ACCURACY_EXAMPLE: Final[dict[str, Any]] = {
    "query": {"from": "2026-10-26T00:00:00Z", "to": "2026-11-02T00:00:00Z", "weeks": 1},
    "accuracies": [
        {
            "week": "2026-10-26T00:00:00Z",
            "metric": "cost_usd",
            "interval": "1d",
            "buckets": 7,
            "wape": 0.12,
            "naive_wape": 0.19,
            "coverage_80": 0.857143,
            "coverage_95": 1.0,
            "made_at": "2026-11-02T04:00:12Z",
        }
    ],
}
_COLUMNS: Final = (
    Column("week", Kind.TIME),
    *(Column(name, Kind.TEXT) for name in ("metric", "interval")),
    Column("buckets", Kind.COUNT),
    *(Column(name, Kind.NUMBER) for name in ("wape", "naive_wape", "coverage_80", "coverage_95")),
    Column("made_at", Kind.TIME),
)


def accuracies_body(answer: AccuracyAnswer) -> dict[str, Any]:
    """An `AccuraciesBody` ready for orjson."""
    query = answer.query
    return {
        "query": {"from": query.start, "to": query.end, "weeks": query.weeks},
        "accuracies": [_accuracy_body(one) for one in answer.accuracies],
    }


def accuracies_table(answer: AccuracyAnswer) -> Table:
    body = accuracies_body(answer)
    rows = [[row[column.name] for column in _COLUMNS] for row in body["accuracies"]]
    return Table(_COLUMNS, rows, {"query": body["query"]})


def _accuracy_body(one: ForecastAccuracy) -> dict[str, Any]:
    return {
        "week": one.week,
        "metric": one.metric,
        "interval": interval_text(one.step_s),
        "buckets": one.buckets,
        "wape": rounded(one.wape),
        "naive_wape": rounded(one.naive_wape),
        "coverage_80": rounded(one.coverage_80),
        "coverage_95": rounded(one.coverage_95),
        "made_at": one.made_at,
    }


def interval_text(step_s: int) -> str:
    """Hours and days are all that jobs forecast."""
    return _INTERVALS.get(step_s, f"{step_s}s")
