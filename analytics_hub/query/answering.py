"""From rows to the series of an answer: group by group, empty buckets filled, the period before beside it. Pure.

In: a plan with its rows, and perhaps that of the period before, for the same groups. Out: `Series` and totals.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from analytics_hub.domain.answer import Coverage, Point, PreviousSeries, Series
from analytics_hub.domain.plan import MeasureRow, Plan
from analytics_hub.domain.usage import Interval
from analytics_hub.query.measures import Measures, merged
from analytics_hub.query.values import values

_Key = tuple[bool, tuple[str, ...]]
"""Whether it is `other`, and the group."""

NOTHING = Measures({}, {})


@dataclass(frozen=True)
class Answered:
    """A plan and what it gave: group by group, `other` last, buckets ascending."""

    planned: Plan
    rows: Sequence[MeasureRow]
    whole: Sequence[MeasureRow] | None = None
    """The rows of everything, where those of the groups do not say all that is said of the whole."""

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups that are told apart, in order."""
        return tuple(dict.fromkeys(row.group for row in self.rows if not row.other))

    def by_group(self) -> dict[_Key, list[MeasureRow]]:
        found: dict[_Key, list[MeasureRow]] = {}
        for key, members in groupby(self.rows, key=lambda row: (row.other, row.group)):
            found[key] = list(members)
        return found

    def total(self) -> Measures:
        """That of all groups, `other` included."""
        return _total(self.rows if self.whole is None else self.whole)


def series_of(now: Answered, before: Answered | None) -> tuple[Series, ...]:
    """The series of the answer. With a comparison each has its own past, also `other` where only the past has one."""
    current = now.by_group()
    past = before.by_group() if before else {}
    query = now.planned.query
    wanted: list[_Key] = [] if query.group_by else [(False, ())]
    wanted += [key for key in (*current, *past) if key[0] or key in current]  # no past of a group not shown
    series = []
    for key in dict.fromkeys(wanted):
        other, group = key
        rows = current.get(key, [])
        series.append(
            Series(
                group={} if other else dict(zip(query.group_by, group, strict=True)),
                other=other,
                total=values(query.metrics, _total(rows)),
                points=_points(now.planned, rows),
                previous=_previous(before.planned, past.get(key, [])) if before else None,
            )
        )
    return tuple(series)


def coverage_of(total: Measures) -> Coverage:
    sums = total.sums
    return Coverage(
        events=sums.get("events", 0),
        unpriced_events=sums.get("unpriced_events", 0),
        partial_events=sums.get("partial_events", 0),
        estimated_events=sums.get("estimated_events", 0),
        tokens=sums.get("total_tokens", 0),
        unpriced_tokens=sums.get("unpriced_tokens", 0),
    )


def _previous(planned: Plan, rows: Sequence[MeasureRow]) -> PreviousSeries:
    return PreviousSeries(values(planned.query.metrics, _total(rows)), _points(planned, rows))


def _points(planned: Plan, rows: Sequence[MeasureRow]) -> tuple[Point, ...]:
    if planned.query.interval is Interval.NONE:
        return ()
    metrics = planned.query.metrics
    points = [Point(row.bucket, values(metrics, _measures(row))) for row in rows if row.bucket is not None]
    if not planned.query.fill:
        return tuple(points)
    found = {point.start: point for point in points}
    empty = values(metrics, NOTHING)
    return tuple(found.get(edge) or Point(edge, empty) for edge in planned.edges)


def _total(rows: Iterable[MeasureRow]) -> Measures:
    return merged(_measures(row) for row in rows)


def _measures(row: MeasureRow) -> Measures:
    return Measures(row.sums, row.sketches)
