"""The tabular forms of the usage and ledger answers.

In: domain answers. Out: `Table`s with the values of the JSON bodies (`wire.py`).

Usage: with an interval a row is one bucket of one group, without one it is a group's total. The columns are `start`
(with an interval), one a dimension and `other` (with groups), the metrics, and with a comparison `previous_start` and
`previous_<metric>`. The k-th bucket of the range stands beside the k-th of the period before, which may have more
buckets or fewer: months differ, and so do days with a change of the clock.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from analytics_hub.api.rest.table import Cell, Column, Fact, Kind, Table
from analytics_hub.api.rest.wire import coverage_body, ledger_body, previous_body, question_body
from analytics_hub.domain.answer import Points, Series, UsageAnswer, Value
from analytics_hub.domain.ledger import Ledger
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import Span
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.buckets import bucket_edges

_KINDS: Final = {"count": Kind.COUNT, "usd": Kind.MONEY}
_LEDGER_COUNTS: Final = ("received", "stored", "duplicate", "rejected")


def metric_kind(name: str) -> Kind:
    return _KINDS.get(METRICS[name].unit, Kind.NUMBER)


def usage_table(answer: UsageAnswer) -> Table:
    query = answer.query
    compared = answer.previous is not None
    rows = (row for series in answer.series for row in _rows(answer, series))
    return Table(tuple(_columns(query, compared=compared)), list(rows), usage_facts(answer))


def usage_facts(answer: UsageAnswer) -> Mapping[str, Fact]:
    facts: dict[str, Any] = {
        "query": question_body(answer.query),
        "fresh_until": answer.fresh_until,
        "coverage": coverage_body(answer.coverage),
        "levels": {read.level.value: read.minutes for read in answer.levels},
        "total": dict(answer.total),
    }
    if answer.previous is not None:
        facts["previous"] = previous_body(answer.previous, answer.query.zone)
    return facts


def ledger_table(ledger: Ledger) -> Table:
    columns = [Column("hour", Kind.TIME), *(Column(name, Kind.COUNT) for name in _LEDGER_COUNTS)]
    columns += [Column("balanced", Kind.FLAG), Column("difference", Kind.COUNT)]
    body = ledger_body(ledger)
    rows = [[hour[column.name] for column in columns] for hour in body["hours"]]
    return Table(tuple(columns), rows, {"total": body["total"]})


def _columns(query: UsageQuery, *, compared: bool) -> Iterator[Column]:
    timed = query.interval is not Interval.NONE
    if timed:
        yield Column("start", Kind.TIME, query.tz)
    if query.group_by:
        yield from (Column(name, Kind.TEXT) for name in query.group_by)
        yield Column("other", Kind.FLAG)
    yield from (Column(name, metric_kind(name)) for name in query.metrics)
    if compared:
        if timed:
            yield Column("previous_start", Kind.TIME, query.tz)
        yield from (Column(f"previous_{name}", metric_kind(name)) for name in query.metrics)


def _rows(answer: UsageAnswer, series: Series) -> Iterator[list[Cell]]:
    query = answer.query
    # Of `other` no dimension has a value: null, which is not the empty text of a missing one.
    group: list[Cell] = [series.group.get(name) for name in query.group_by]
    if query.group_by:
        group.append(series.other)
    before = series.previous
    if query.interval is Interval.NONE:
        previous = _values(query, before.total if before else None) if answer.previous else []
        yield [*group, *_values(query, series.total), *previous]
    elif answer.previous is None:
        for start, row in zip(series.points.starts, series.points.rows(), strict=True):
            yield [start.astimezone(query.zone), *group, *row]
    else:
        yield from _compared(answer, series, group)


def _compared(answer: UsageAnswer, series: Series, group: list[Cell]) -> Iterator[list[Cell]]:
    assert answer.previous is not None
    query, period = answer.query, answer.previous
    now = _Buckets(query, Span(query.start, query.end), series.points)
    before = _Buckets(
        query, Span(period.start, period.end), series.previous.points if series.previous else Points()
    )
    for place in sorted(now.points.keys() | before.points.keys()):
        yield [now.start(place), *group, *now.values(place), before.start(place), *before.values(place)]


class _Buckets:
    """The points of one group by their place in a period. A place may lie past the end of the shorter period."""

    def __init__(self, query: UsageQuery, span: Span, points: Points) -> None:
        self._query = query
        self._edges = bucket_edges(query.interval, query.zone, span)
        places = {edge: at for at, edge in enumerate(self._edges)}
        self.points = {places[point.start]: point for point in points}

    def start(self, place: int) -> datetime | None:
        return self._edges[place].astimezone(self._query.zone) if place < len(self._edges) else None

    def values(self, place: int) -> list[Cell]:
        point = self.points.get(place)
        return _values(self._query, point.values if point else None)


def _values(query: UsageQuery, values: Mapping[str, Value] | None) -> list[Cell]:
    return [None if values is None else values[name] for name in query.metrics]
