"""The shapes on the wire of the usage and ledger endpoints. From domain values to JSON; the other way is in
the routes.

Counts are integers, money is a decimal string in USD, ratios and milliseconds are numbers, null where there
is nothing to divide by. Bucket starts carry the offset of the question's zone.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.domain.answer import Coverage, Points, PreviousPeriod, Series, UsageAnswer
from analytics_hub.domain.ledger import Ledger, LedgerCount
from analytics_hub.domain.usage import COMPARE_PREVIOUS, UsageQuery

WireValue = int | float | str | None

_ESTIMATE_PLACES: Final = 6  # decimal places: more would only pretend


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PointBody(_Body):
    start: datetime
    values: dict[str, WireValue]


class PreviousSeriesBody(_Body):
    """A group in the period before; its points are named by their own starts."""

    total: dict[str, WireValue]
    points: list[PointBody]


class SeriesBody(_Body):
    group: dict[str, str]
    other: bool = Field(description="True for the one series that gathers all groups past the limit.")
    total: dict[str, WireValue]
    points: list[PointBody] = Field(
        description="Buckets without events are absent, unless `fill` asks for them."
    )
    previous: PreviousSeriesBody | None = Field(
        description="The group in the period before; null without one."
    )


class CoverageBody(_Body):
    events: int
    unpriced_events: int
    partial_events: int
    estimated_events: int
    event_share: float | None = Field(description="Share of the events that have a price.")
    tokens: int
    unpriced_tokens: int
    token_share: float | None = Field(description="Share of the tokens that have a price.")


class LevelBody(_Body):
    level: str
    minutes: int


class QuestionBody(_Body):
    """The question as it was understood."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    interval: str
    tz: str
    metrics: list[str]
    group_by: list[str]
    filters: dict[str, list[str]]
    order: str
    limit: int | None = Field(description="Most groups told apart; null where nothing is grouped.")
    compare: Literal["previous"] | None
    fill: bool


class PreviousPeriodBody(_Body):
    """The period before the range, and everything in it."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    total: dict[str, WireValue]
    coverage: CoverageBody


class UsageBody(_Body):
    query: QuestionBody
    fresh_until: datetime = Field(description="Everything committed before this moment is counted.")
    coverage: CoverageBody
    levels: list[LevelBody] = Field(description="Which rollups were read, in minutes of time.")
    total: dict[str, WireValue]
    series: list[SeriesBody]
    previous: PreviousPeriodBody | None = Field(description="With `compare`: the period before.")


class LedgerCountBody(_Body):
    received: int
    stored: int
    duplicate: int
    rejected: int
    balanced: bool = Field(description="received = stored + duplicate + rejected, in every single hour")
    difference: int = Field(description="received - stored - duplicate - rejected")


class LedgerHourBody(LedgerCountBody):
    hour: datetime


class LedgerBody(_Body):
    total: LedgerCountBody
    hours: list[LedgerHourBody]


class ProblemBody(_Body):
    """Every error of every endpoint (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str = Field(description="Stable, for programs.")
    detail: str
    field: str = Field(description="The parameter at fault, or empty.")
    request_id: str


def usage_body(answer: UsageAnswer) -> dict[str, Any]:
    """A `UsageBody` ready for orjson."""
    zone = answer.query.zone
    times = wall_times(_starts(answer), zone)
    return {
        "query": question_body(answer.query),
        "fresh_until": answer.fresh_until,
        "coverage": coverage_body(answer.coverage),
        "levels": [{"level": read.level.value, "minutes": read.minutes} for read in answer.levels],
        "total": dict(answer.total),
        "series": [_series_body(series, times) for series in answer.series],
        "previous": answer.previous and previous_body(answer.previous, zone),
    }


def question_body(query: UsageQuery) -> dict[str, Any]:
    order = query.ordering
    return {
        "from": query.start.astimezone(query.zone),
        "to": query.end.astimezone(query.zone),
        "interval": query.interval.value,
        "tz": query.tz,
        "metrics": list(query.metrics),
        "group_by": list(query.group_by),
        "filters": {chosen.dimension: list(chosen.values) for chosen in query.filters},
        "order": f"-{order.metric}" if order.descending else order.metric,
        "limit": query.groups_max if query.group_by else None,
        "compare": COMPARE_PREVIOUS if query.compare else None,
        "fill": query.fill,
    }


def previous_body(previous: PreviousPeriod, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "from": previous.start.astimezone(zone),
        "to": previous.end.astimezone(zone),
        "total": dict(previous.total),
        "coverage": coverage_body(previous.coverage),
    }


def coverage_body(coverage: Coverage) -> dict[str, WireValue]:
    return {
        "events": coverage.events,
        "unpriced_events": coverage.unpriced_events,
        "partial_events": coverage.partial_events,
        "estimated_events": coverage.estimated_events,
        "event_share": coverage.event_share,
        "tokens": coverage.tokens,
        "unpriced_tokens": coverage.unpriced_tokens,
        "token_share": coverage.token_share,
    }


def ledger_body(ledger: Ledger) -> dict[str, Any]:
    hours = [{"hour": hour.hour, **_count_body(hour.count)} for hour in ledger.hours]
    return {"total": {**_count_body(ledger.total), "balanced": ledger.balanced}, "hours": hours}


def _series_body(series: Series, times: Mapping[datetime, str]) -> dict[str, Any]:
    before = series.previous
    return {
        "group": dict(series.group),
        "other": series.other,
        "total": dict(series.total),
        "points": points_body(series.points, times),
        "previous": before and {"total": dict(before.total), "points": points_body(before.points, times)},
    }


def rounded(value: float | None) -> float | None:
    """What a model said, or how good it was."""
    return None if value is None else round(value, _ESTIMATE_PLACES)


def points_body(points: Points, times: Mapping[datetime, str]) -> list[dict[str, Any]]:
    """`PointBody`s. Filled column by column, which takes half the time of a row at a time."""
    rows: list[dict[str, WireValue]] = [{} for _ in points.starts]
    for name, column in points.columns.items():
        for row, value in zip(rows, column, strict=True):
            row[name] = value
    return [{"start": times[start], "values": row} for start, row in zip(points.starts, rows, strict=True)]


def wall_times(moments: AbstractSet[datetime], zone: ZoneInfo) -> dict[datetime, str]:
    """Moments as JSON spells them in a zone, each once: all series of an answer share their buckets."""
    apart = list(moments)
    texts = orjson.loads(orjson.dumps([moment.astimezone(zone) for moment in apart], option=orjson.OPT_UTC_Z))
    return dict(zip(apart, texts, strict=True))


def _starts(answer: UsageAnswer) -> set[datetime]:
    found: set[datetime] = set()
    for series in answer.series:
        found.update(series.points.starts)
        if series.previous:
            found.update(series.previous.points.starts)
    return found


def _count_body(count: LedgerCount) -> Mapping[str, int | bool]:
    return {
        "received": count.received,
        "stored": count.stored,
        "duplicate": count.duplicate,
        "rejected": count.rejected,
        "balanced": count.balanced,
        "difference": count.difference,
    }
