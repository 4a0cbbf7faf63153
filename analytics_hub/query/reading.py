"""The quickest way from a plan to its rows: one statement, or a few that read less.

In: a snapshot, its marks, a question, perhaps the groups to tell apart. Out: `Answered`.

Many buckets of one dimension (a month of hours by project) have as many rows as there are values in every one of them,
though only the best few groups are shown. Then the groups are ranked from days first, only their rows are read, and
`other` is what everything (its own facet: one row a bucket) has more than they. The hours that are still open have
only minutes of every series, which cost more to read than a month of days: they are read once, of every group, over a
connection beside where one is free, and added to all three. All of it is exact, and from one snapshot. A sketch cannot
be taken from another, so that percentiles are read whole.
"""

import asyncio
from collections.abc import Awaitable, Sequence
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
            return await self._read_parts(planned, groups)
        planned = replace(planned, groups=groups)
        return Answered(planned, await self.snapshot.rows(planned))

    async def _read_parts(self, planned: Plan, groups: _Groups | None) -> Answered:
        query = planned.query
        parts = _Parts(
            planned,
            once=await self._plan(_once(query)),
            everything=await self._plan(replace(query, group_by=(), order=None, limit=None)),
        )
        minutes = parts.minutes()
        if minutes is None:
            return await self._whole(parts, groups)
        async with self.snapshot.beside() as other:
            reading = asyncio.ensure_future((other or self.snapshot).rows(minutes))
            try:
                return await self._with_minutes(parts, groups, reading)
            finally:
                if not reading.done():
                    reading.cancel()
                    await asyncio.wait([reading])

    async def _whole(self, parts: "_Parts", groups: _Groups | None) -> Answered:
        """Each part with all its levels."""
        if groups is None:
            ranked_rows = await self.snapshot.rows(parts.once)
            if not any(one.other for one in ranked_rows):
                return Answered(parts.planned, await self.snapshot.rows(parts.planned))
            groups = tuple(one.group for one in ranked_rows if not one.other)
        shown = parts.shown(groups)
        rows = await self.snapshot.rows(shown) if groups else []
        total = await self.snapshot.rows(parts.everything)
        return Answered(shown, [*rows, *others(shown, rows, total)], whole=total)

    async def _with_minutes(
        self, parts: "_Parts", groups: _Groups | None, reading: Awaitable[Sequence[GroupRows]]
    ) -> Answered:
        """Each part without its minutes, which are being read. Days nearly always tell which groups are the best: the
        rows of those are read meanwhile, and again where the minutes change that."""
        known: Sequence[GroupRows] = ()
        guess = groups
        if guess is None:
            known = await self._coarse(replace(parts.once, others=False))
            guess = _best(parts.once, known)
        is_all = groups is None and len(known) == len(guess)
        shown = replace(parts.planned, groups=guess, others=False) if is_all else parts.shown(guess)
        rows = await self._coarse(shown) if guess else ()
        total = () if is_all else await self._coarse(parts.everything)
        minutes = await reading
        if groups is None:
            found = added(replace(parts.once, others=False), known, minutes)
            groups = _best(parts.once, found)
            if is_all and len(groups) == len(found):
                shown = replace(shown, groups=groups)
                return Answered(shown, added(shown, rows, minutes))
            shown = parts.shown(groups)
            if {one.group for one in known} & set(groups) - set(guess):
                rows = await self._coarse(shown)
            total = await self._coarse(parts.everything) if is_all else total
        given, whole = added(shown, rows, minutes), added(parts.everything, total, minutes)
        return Answered(shown, [*given, *others(shown, given, whole)], whole=whole)

    async def _plan(self, query: UsageQuery) -> Plan:
        # Planning a long range is work for a thread: other requests go on meanwhile.
        return await asyncio.to_thread(plan, query, self.marks, spans_max=self.spans_max)

    async def _coarse(self, planned: Plan) -> Sequence[GroupRows]:
        """The rows of a plan without those of its minutes."""
        coarse = tuple(read for read in planned.reads if read.level not in _MINUTE_LEVELS)
        return await self.snapshot.rows(replace(planned, reads=coarse)) if coarse else ()


@dataclass(frozen=True)
class _Parts:
    """What is read for a long answer: its groups, their rank, and everything."""

    planned: Plan
    once: Plan
    everything: Plan

    def shown(self, groups: _Groups) -> Plan:
        # How much of it is priced is said of the whole answer only.
        columns = metric_columns(self.planned.query)
        return replace(self.planned, groups=groups, others=False, columns=columns)

    def minutes(self) -> Plan | None:
        """The minutes that every part reads, of every group; None where they read others, or too many, or none."""
        spans = _minute_spans(self.planned)
        if not spans or any(_minute_spans(one) != spans for one in (self.once, self.everything)):
            return None
        if sum((span.length for span in spans), timedelta()) > _MINUTES_MAX:
            return None
        return replace(self.planned, reads=(Read(Level.MINUTE, spans),), others=False)


def _best(once: Plan, rows: Sequence[GroupRows]) -> _Groups:
    sums = {one.group: Columns.of(one).total().sums for one in rows}
    return tuple(ranked(sums, once.query.ordering)[: once.query.groups_max])


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
