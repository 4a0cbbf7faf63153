"""The shape on the wire of a month's end: a JSON body and a table of one row. The other way is in `month.py`.

`spent_usd` is exact; what is expected is an estimate, a decimal string of six places.
"""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.api.rest.forecast_wire import BacktestErrorBody, error_body
from analytics_hub.api.rest.table import Column, Kind, Table
from analytics_hub.api.rest.wire import CoverageBody, coverage_body
from analytics_hub.domain.money import estimated_usd
from analytics_hub.domain.month_forecast import MonthForecast

_VALUES: Final = ("expected", "low_80", "high_80", "low_95", "high_95")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class MonthQuestionBody(_Body):
    """The running month of the zone."""

    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    tz: str
    filters: dict[str, list[str]]


class MonthBody(_Body):
    query: MonthQuestionBody
    made_at: datetime
    fresh_until: datetime = Field(description="Everything committed before this moment is counted.")
    coverage: CoverageBody = Field(description="Of the history and of the month so far.")
    spent_usd: str = Field(description="This month, up to now; exact.")
    expected_usd: str | None = Field(description="The whole month; null when there is no history.")
    low_80_usd: str | None = Field(description="The 80 % interval of the whole month.")
    high_80_usd: str | None = Field(description="Null where nothing can be promised.")
    low_95_usd: str | None
    high_95_usd: str | None
    model: str
    history: Literal["enough", "short", "intermittent", "none"]
    trained_from: datetime | None
    error: BacktestErrorBody | None = Field(description="Of the model, day by day, on its own history.")


_COLUMNS: Final = (
    Column("from", Kind.TIME),
    Column("to", Kind.TIME),
    *(Column(f"{name}_usd", Kind.MONEY) for name in ("spent", *_VALUES)),
    *(Column(name, Kind.TEXT) for name in ("history", "model")),
)


def month_body(found: MonthForecast) -> dict[str, Any]:
    """A `MonthBody` ready for orjson."""
    query, zone = found.query, found.query.usage.zone
    return {
        "query": {
            "from": query.start.astimezone(zone),
            "to": query.end.astimezone(zone),
            "tz": query.usage.tz,
            "filters": {chosen.dimension: list(chosen.values) for chosen in query.usage.filters},
        },
        "made_at": found.made_at,
        "fresh_until": found.fresh_until,
        "coverage": coverage_body(found.coverage),
        "spent_usd": found.spent_usd,
        "expected_usd": _usd(found.expected),
        **{
            f"{edge}_{level}_usd": _usd(value)
            for level, bounds in found.intervals.items()
            for edge, value in zip(("low", "high"), bounds, strict=True)
        },
        "model": found.model,
        "history": found.history.value,
        "trained_from": found.trained_from and found.trained_from.astimezone(zone),
        "error": error_body(found.error),
    }


def month_table(found: MonthForecast) -> Table:
    body = month_body(found)
    row = {**body, "from": body["query"]["from"], "to": body["query"]["to"]}
    columns = tuple(
        Column(one.name, one.kind, found.query.usage.tz) if one.kind is Kind.TIME else one for one in _COLUMNS
    )
    facts = {name: body[name] for name in ("query", "made_at", "fresh_until", "coverage")}
    return Table(columns, [[row[column.name] for column in columns]], facts)


def _usd(value: float | None) -> str | None:
    return None if value is None else estimated_usd(value)
