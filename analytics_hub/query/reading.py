"""The quickest way from a plan to its rows: one statement, or a few that read less.

In: a snapshot, its marks, a question, perhaps the groups to tell apart. Out: `Answered`.

Many buckets of one dimension (a month of hours by project) have as many rows as there are values in every one of them,
though only the best few groups are shown. Then the groups are ranked from days first, only their rows are read, and
`other` is what everything (its own facet: one row a bucket) has more than they. The hours that are still open have
only minutes of every series, which cost more to read than a month of days: they are read once, of every group, and
added to all three. All of it is exact, and from one snapshot. A sketch cannot be taken from another, so that
percentiles are read whole.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from analytics_hub.domain.plan import GroupRows, Level, Marks, Plan, Read, Span
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.answering import Answered
from analytics_hub.query.measures import Columns
from analytics_hub.query.plan import facet_of, gather, metric_columns, plan
from analytics_hub.query.ports import UsageSnapshot
from analytics_hub.query.ranking import ranked
from analytics_hub.query.row_sums import added, others

_BUCKETS_MIN = 48  # with fewer, one statement over all values is as quick as three
_MINUTES_MAX = timedelta(
    hours=6
)  # of every group: with more of them, the rows of those not shown weigh too much
_MINUTE_LEVELS = (Level.MINUTE, Level.TOTAL_MINUTE)
_Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Reader:
    """Reads one snapshot."""

    snapshot: UsageSnapshot
    marks: Marks
    spans_max: int

    async def read(self, query: UsageQuery, groups: _Groups | None = None) -> Answered:
        """The rows of a question: of its best groups, or of the groups given, and of `other`."""
        planned = await self._plan(query)
        if _in_parts(planned):
            return await self._parts(planned, groups)
        planned = replace(planned, groups=groups)
        return Answered(planned, await self.snapshot.rows(planned))

    async def _parts(self, planned: Plan, groups: _Groups | None) -> Answered:
        query = planned.query
        once = await self._plan(_once(query))
        everything = await self._plan(replace(query, group_by=(), order=None, limit=None))
        minutes = await self._minutes(planned, once, everything)
        if groups is None:
            groups, complete = await self._best(once, minutes)
            if complete:
                shown = replace(planned, groups=groups, others=False)
                return Answered(shown, await self._rows(shown, minutes))
        # How much of it is priced is said of the whole answer only.
        shown = replace(planned, groups=groups, others=False, columns=metric_columns(query))
        rows = await self._rows(shown, minutes) if groups else []
        total = await self._rows(everything, minutes)
        return Answered(shown, [*rows, *others(shown, rows, total)], whole=total)

    async def _plan(self, query: UsageQuery) -> Plan:
        # Planning a long range is work for a thread: other requests go on meanwhile.
        return await asyncio.to_thread(plan, query, self.marks, spans_max=self.spans_max)

    async def _minutes(self, planned: Plan, *beside: Plan) -> Sequence[GroupRows] | None:
        """The minutes that every plan reads, of every group; None where they read others, or too many, or none."""
        spans = _minute_spans(planned)
        if not spans or any(_minute_spans(one) != spans for one in beside):
            return None
        if sum((span.length for span in spans), timedelta()) > _MINUTES_MAX:
            return None
        return await self.snapshot.rows(replace(planned, reads=(Read(Level.MINUTE, spans),), others=False))

    async def _rows(self, planned: Plan, minutes: Sequence[GroupRows] | None) -> Sequence[GroupRows]:
        """The rows of a plan, of which the minutes may be at hand."""
        if minutes is None:
            return await self.snapshot.rows(planned)
        coarse = tuple(read for read in planned.reads if read.level not in _MINUTE_LEVELS)
        rows = await self.snapshot.rows(replace(planned, reads=coarse)) if coarse else ()
        return added(planned, rows, minutes)

    async def _best(self, once: Plan, minutes: Sequence[GroupRows] | None) -> tuple[_Groups, bool]:
        """The groups that are shown, and whether those are all."""
        if minutes is None:
            rows = await self.snapshot.rows(once)
            return tuple(one.group for one in rows if not one.other), not any(one.other for one in rows)
        rows = await self._rows(replace(once, others=False), minutes)
        sums = {one.group: Columns.of(one).total().sums for one in rows}
        best, shown = ranked(sums, once.query.ordering), once.query.groups_max
        return tuple(best[:shown]), len(best) <= shown


def _in_parts(planned: Plan) -> bool:
    query = planned.query
    return (
        bool(query.group_by and facet_of(query))
        and not query.filters
        and not planned.sketches
        and len(planned.edges) >= _BUCKETS_MIN
    )


def _once(query: UsageQuery) -> UsageQuery:
    """The question that ranks the groups of another."""
    order = query.ordering
    return replace(
        query, interval=Interval.NONE, metrics=(order.metric,), order=order, limit=query.groups_max
    )


def _minute_spans(planned: Plan) -> tuple[Span, ...]:
    spans = [
        (Level.MINUTE, span) for read in planned.reads if read.level in _MINUTE_LEVELS for span in read.spans
    ]
    return next((read.spans for read in gather(spans)), ())
