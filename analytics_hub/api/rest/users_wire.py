"""The shapes on the wire of usage by end-user: JSON body and table. The other way is in `users.py`.

A row of the table is a group's total, or one bucket of it with an interval: `start`, `user`, the other groups,
`other`, the metrics.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.api.rest.table import Cell, Column, Kind, Table
from analytics_hub.api.rest.tables import metric_kind
from analytics_hub.api.rest.wire import LevelBody, QuestionBody, WireValue, question_body
from analytics_hub.domain.answer import Series, Value
from analytics_hub.domain.usage import Interval
from analytics_hub.domain.user_usage import USER, UserAnswer


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UserPointBody(_Body):
    start: datetime
    values: dict[str, WireValue]


class UserSeriesBody(_Body):
    group: dict[str, str] = Field(
        description="`user`, and what else was asked to tell apart. The user '' is everybody who was not named; of "
        "`other` it is empty."
    )
    other: bool = Field(description="True for the one that gathers everybody past the limit.")
    total: dict[str, WireValue]
    points: list[UserPointBody] = Field(description="Buckets without events are absent.")


class UserCoverageBody(_Body):
    events: int
    unpriced_events: int
    partial_events: int
    estimated_events: int
    event_share: float | None = Field(description="Share of the events that have a price.")


class UsersBody(_Body):
    query: QuestionBody
    users: int = Field(description="Different end-users in the range, those of `other` included.")
    fresh_until: datetime = Field(description="Everything committed before this moment is counted.")
    coverage: UserCoverageBody
    levels: list[LevelBody] = Field(description="What was read, in minutes of time.")
    total: dict[str, WireValue]
    series: list[UserSeriesBody] = Field(description="Best first, then `other`.")


def users_body(answer: UserAnswer) -> dict[str, Any]:
    """A `UsersBody` ready for orjson."""
    return {
        **_facts(answer),
        "levels": [{"level": read.level.value, "minutes": read.minutes} for read in answer.levels],
        "series": [_series_body(answer, series) for series in answer.series],
    }


def users_table(answer: UserAnswer) -> Table:
    usage = answer.query.usage
    timed = [Column("start", Kind.TIME, usage.tz)] if usage.interval is not Interval.NONE else []
    groups = [Column(name, Kind.TEXT) for name in (USER, *usage.group_by)]
    metrics = [Column(name, metric_kind(name)) for name in usage.metrics]
    rows = [row for series in answer.series for row in _rows(answer, series)]
    levels = {read.level.value: read.minutes for read in answer.levels}
    return Table(
        (*timed, *groups, Column("other", Kind.FLAG), *metrics), rows, {**_facts(answer), "levels": levels}
    )


def _facts(answer: UserAnswer) -> dict[str, Any]:
    coverage = answer.coverage
    return {
        "query": {**question_body(answer.query.usage), "limit": answer.query.usage.groups_max},
        "users": answer.users,
        "fresh_until": answer.fresh_until,
        "coverage": {
            "events": coverage.events,
            "unpriced_events": coverage.unpriced_events,
            "partial_events": coverage.partial_events,
            "estimated_events": coverage.estimated_events,
            "event_share": coverage.event_share,
        },
        "total": dict(answer.total),
    }


def _series_body(answer: UserAnswer, series: Series) -> dict[str, Any]:
    zone = answer.query.usage.zone
    points = [
        {"start": point.start.astimezone(zone), "values": dict(point.values)} for point in series.points
    ]
    return {"group": dict(series.group), "other": series.other, "total": dict(series.total), "points": points}


def _rows(answer: UserAnswer, series: Series) -> Iterator[list[Cell]]:
    usage = answer.query.usage
    # Of `other` no group has a value: null, which is not the empty text of a missing one.
    group: list[Cell] = [*(series.group.get(name) for name in (USER, *usage.group_by)), series.other]

    def cells(values: Mapping[str, Value]) -> list[Cell]:
        return [*group, *(values[name] for name in usage.metrics)]

    if usage.interval is Interval.NONE:
        yield cells(series.total)
    for point in series.points:
        yield [point.start.astimezone(usage.zone), *cells(point.values)]
