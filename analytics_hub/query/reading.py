"""The quickest way from a plan to its rows: one statement, or a few that read less.

In: a snapshot, its marks, a question, perhaps the groups to tell apart. Out: `Answered`.

Many buckets of one dimension (a month of hours by project) have as many rows as there are values in every one of them,
though only the best few groups are shown. Then the groups are ranked from days first, only their rows are read, and
`other` is what everything (its own facet: one row a bucket) has more than they. All of it is exact, and from one
snapshot. A sketch cannot be taken from another, so that percentiles are read whole.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics_hub.domain.plan import GroupRows, Marks, Plan
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.answering import Answered
from analytics_hub.query.plan import facet_of, metric_columns, plan
from analytics_hub.query.ports import UsageSnapshot

_BUCKETS_MIN = 48  # with fewer, one statement over all values is as quick as three
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
        if not _in_parts(planned):
            planned = replace(planned, groups=groups)
            return Answered(planned, await self.snapshot.rows(planned))
        if groups is None:
            groups, complete = await self._best(query)
            if complete:
                return Answered(planned, await self.snapshot.rows(planned))
        # How much of it is priced is said of the whole answer only.
        shown = replace(planned, groups=groups, others=False, columns=metric_columns(query))
        rows = list(await self.snapshot.rows(shown)) if groups else []
        everything = await self._plan(replace(query, group_by=(), order=None, limit=None))
        total = await self.snapshot.rows(everything)
        return Answered(shown, [*rows, *_others(shown, rows, total)], whole=total)

    async def _plan(self, query: UsageQuery) -> Plan:
        # Planning a long range is work for a thread: other requests go on meanwhile.
        return await asyncio.to_thread(plan, query, self.marks, spans_max=self.spans_max)

    async def _best(self, query: UsageQuery) -> tuple[_Groups, bool]:
        """The groups that are shown, and whether those are all."""
        order = query.ordering
        once = replace(
            query, interval=Interval.NONE, metrics=(order.metric,), order=order, limit=query.groups_max
        )
        rows = await self.snapshot.rows(await self._plan(once))
        return tuple(one.group for one in rows if not one.other), not any(one.other for one in rows)


def _in_parts(planned: Plan) -> bool:
    query = planned.query
    return (
        bool(query.group_by and facet_of(query))
        and not query.filters
        and not planned.sketches
        and len(planned.edges) >= _BUCKETS_MIN
    )


def _others(planned: Plan, shown: Sequence[GroupRows], total: Sequence[GroupRows]) -> list[GroupRows]:
    """What everything has more than the groups shown, bucket by bucket; where that is nothing at all, no row."""
    buckets = sorted({bucket for rows in (*shown, *total) for bucket in rows.buckets if bucket is not None})
    places = {bucket: place for place, bucket in enumerate(buckets)}
    left = {column: [0] * len(buckets) for column in planned.columns}
    for sign, groups in ((1, total), (-1, shown)):
        for rows in groups:
            taken = [places[bucket] for bucket in rows.buckets if bucket is not None]
            for column, amounts in left.items():
                for place, amount in zip(taken, rows.sums[column], strict=True):
                    amounts[place] += sign * amount
    kept = [place for place, amounts in enumerate(zip(*left.values(), strict=True)) if any(amounts)]
    if not kept:
        return []
    group = ("",) * len(planned.query.group_by)
    sums = {column: [amounts[place] for place in kept] for column, amounts in left.items()}
    at = [buckets[place] for place in kept]
    return [GroupRows(group, other=True, buckets=at, sums=sums, sketches={})]
