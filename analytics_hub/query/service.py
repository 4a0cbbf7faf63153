"""The use case behind every usage question, whichever edge asked it: one snapshot, a plan, rows, an answer.

In: a `UsageQuery`. Out: a `UsageAnswer`. Foreign errors of a store arrive already as domain errors. The
ledger has its own use case in `ledger.py`.
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby

from analytics_hub.domain.answer import Coverage, Point, Series, UsageAnswer
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.plan import LevelRead, MeasureRow, Plan, Read
from analytics_hub.domain.series import TAG_PREFIX
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.measures import Measures, merged
from analytics_hub.query.plan import facets_of, marks_span, plan
from analytics_hub.query.ports import UsageStore
from analytics_hub.query.values import values


class UsageService:
    """Asks a store; keeps no state of its own."""

    def __init__(self, store: UsageStore, *, spans_max: int) -> None:
        self._store = store
        self._spans_max = spans_max

    async def ask(self, query: UsageQuery) -> UsageAnswer:
        """The exact answer as of one snapshot."""
        async with self._store.snapshot(query.tenant) as snapshot:
            marks = await snapshot.marks(marks_span(query), facets_of(query))
            _check_tags(query, marks.declared_tags)
            # Planning a long range and reading sketches are work for a thread: other requests go on
            # meanwhile.
            planned = await asyncio.to_thread(plan, query, marks, spans_max=self._spans_max)
            rows = await snapshot.rows(planned)
        series, total = await asyncio.to_thread(_series, planned, rows)
        return UsageAnswer(
            query=query,
            series=series,
            total=values(query.metrics, total),
            coverage=_coverage(total),
            fresh_until=marks.taken_at,
            levels=tuple(_level_read(read) for read in planned.reads),
        )


def _check_tags(query: UsageQuery, declared: frozenset[str]) -> None:
    """Only declared tags tell series apart; any other would silently find nothing."""
    named = [("group_by", name) for name in query.group_by]
    named += [("filter", chosen.dimension) for chosen in query.filters]
    for where, name in named:
        key = name.removeprefix(TAG_PREFIX)
        if key != name and key not in declared:
            known = ", ".join(sorted(declared)) or "none"
            raise InvalidInput("undeclared_tag", where, f"{key!r} is no declared tag; declared are: {known}.")


def _series(planned: Plan, rows: Sequence[MeasureRow]) -> tuple[tuple[Series, ...], Measures]:
    """Rows arrive group by group. The total is that of all groups, `other` included."""
    series = []
    totals = []
    for (other, group), members in groupby(rows, key=lambda row: (row.other, row.group)):
        group_rows = list(members)
        total = merged(Measures(row.sums, row.sketches) for row in group_rows)
        totals.append(total)
        names = {} if other else dict(zip(planned.query.group_by, group, strict=True))
        points = () if planned.query.interval is Interval.NONE else _points(planned, group_rows)
        series.append(Series(names, other, values(planned.query.metrics, total), points))
    everything = merged(totals)
    if not series and not planned.query.group_by:
        series.append(Series({}, other=False, total=values(planned.query.metrics, everything), points=()))
    return tuple(series), everything


def _points(planned: Plan, rows: list[MeasureRow]) -> tuple[Point, ...]:
    return tuple(
        Point(row.bucket, values(planned.query.metrics, Measures(row.sums, row.sketches)))
        for row in rows
        if row.bucket is not None
    )


def _coverage(total: Measures) -> Coverage:
    sums = total.sums
    return Coverage(
        events=sums.get("events", 0),
        unpriced_events=sums.get("unpriced_events", 0),
        partial_events=sums.get("partial_events", 0),
        estimated_events=sums.get("estimated_events", 0),
        tokens=sums.get("total_tokens", 0),
        unpriced_tokens=sums.get("unpriced_tokens", 0),
    )


def _level_read(read: Read) -> LevelRead:
    return LevelRead(read.level, sum(int(span.length.total_seconds()) // 60 for span in read.spans))
