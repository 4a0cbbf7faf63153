"""The in-memory twins of the stores: usage by the rules of `memory_rollups.py`, the ledger, dead letters.

For tests and for understanding. `raw()` keeps every delta for ever, so that an answer can be compared with the
plain sum.
"""

from bisect import bisect_right
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from analytics_hub.domain.dead_letter import DeadLetter, DeadLetterFilter, DeadLetterId, Place
from analytics_hub.domain.distinct import DistinctPlan, UserCounts
from analytics_hub.domain.ledger import LedgerHour
from analytics_hub.domain.plan import GroupRows, Level, Marks, Plan, Span
from analytics_hub.domain.series import DERIVED_COLUMNS
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.user_usage import BucketRows
from analytics_hub.query.measures import Measures, merged
from analytics_hub.query.memory_rollups import Delta, MemoryRollups, within
from analytics_hub.query.ranking import ranked

__all__ = ["Delta", "MemoryDeadLetterStore", "MemoryLedgerStore", "MemorySnapshot", "MemoryUsageStore"]

_FACETS = (Level.FACET_DAY, Level.FACET_HOUR)
_Group = tuple[str, ...]


class MemoryUsageStore:
    """One tenant's rollups. `taken_at` stands still until it is set."""

    def __init__(
        self,
        tenant: TenantId,
        taken_at: datetime,
        declared_tags: Iterable[str] = (),
        *,
        facet_values_max: int = 100,
    ) -> None:
        self.taken_at = taken_at
        self._declared_tags = frozenset(declared_tags)
        self._tenant = tenant
        self._raw: list[Delta] = []
        self._rollups = MemoryRollups(facet_values_max)
        self.close = self._rollups.close
        self.drop_minutes = self._rollups.drop_minutes
        self.drop_hours = self._rollups.drop_hours

    def add(self, delta: Delta) -> None:
        """A flush of one delta."""
        self._raw.append(delta)
        self._rollups.add(delta)

    def raw(self) -> Sequence[Delta]:
        return self._raw

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator["MemorySnapshot"]:
        own = self._rollups
        levels = {level: list(rows) if tenant == self._tenant else [] for level, rows in own.levels.items()}
        marks = Marks(
            hours=frozenset(own.hours),
            days=frozenset(own.days),
            minutes_dropped_before=own.minutes_dropped_before,
            taken_at=self.taken_at,
            declared_tags=self._declared_tags,
            gaps={dimension: frozenset(hours) for dimension, hours in own.gaps.items()},
            hours_dropped_before=own.hours_dropped_before,
        )
        yield MemorySnapshot(levels, marks)


class MemorySnapshot:
    """What the tables looked like at one moment."""

    def __init__(self, levels: Mapping[Level, Sequence[Delta]], marks: Marks) -> None:
        self._levels = levels
        self._marks = marks

    async def marks(self, span: Span, facets: Sequence[str] = ()) -> Marks:
        return replace(
            self._marks,
            hours=_inside(self._marks.hours, span),
            days=_inside(self._marks.days, span),
            gaps={name: _inside(self._marks.gaps.get(name, frozenset()), span) for name in facets},
        )

    async def rows(self, plan: Plan) -> Sequence[GroupRows]:
        cells: dict[tuple[_Group, datetime | None], list[Measures]] = {}
        for row in self._chosen(plan):
            group = tuple(row.series.get(name, "") for name in plan.query.group_by)
            cells.setdefault((group, _bucket(plan, row.bucket)), []).append(_measures(row))
        if plan.groups is None:
            ranks = _ranks(plan, cells)
            shown = plan.query.groups_max if plan.others else len(ranks)
        else:
            ranks, shown = {group: rank for rank, group in enumerate(plan.groups)}, len(plan.groups)
        folded: dict[tuple[int, datetime | None], list[Measures]] = {}
        for (group, bucket), parts in cells.items():
            rank = min(ranks.get(group, shown), shown)
            if rank < shown or plan.others:
                folded.setdefault((rank, bucket), []).extend(parts)
        groups = {rank: group for group, rank in ranks.items() if rank < shown}
        ordered = sorted(folded, key=lambda key: (key[0], key[1] or self._marks.taken_at))
        return [
            _rows(plan, groups.get(rank), {key[1]: merged(folded[key]) for key in keys})
            for rank, keys in groupby(ordered, key=lambda key: key[0])
        ]

    @asynccontextmanager
    async def beside(self) -> AsyncIterator["MemorySnapshot"]:
        yield self

    async def day_rows(self, span: Span) -> Sequence[BucketRows]:
        """None: days and events are few here."""
        assert span.start < span.end
        return ()

    async def hour_rows(self, span: Span) -> Sequence[BucketRows]:
        return await self.day_rows(span)

    async def distinct_users(self, plan: DistinctPlan) -> UserCounts:
        users: dict[tuple[_Group | None, datetime | None], set[str]] = {}
        for row in self._chosen(plan):
            named = tuple(row.series.get(name, "") for name in plan.query.group_by)
            group = named if named in (plan.groups or ()) else None
            for bucket in {None, _bucket(plan, row.bucket)}:
                users.setdefault((group, bucket), set()).update(filter(None, [row.user]))
        return UserCounts(
            len({user for found in users.values() for user in found}),
            {group: len(found) for (group, bucket), found in users.items() if bucket is None},
            {(group, bucket): len(found) for (group, bucket), found in users.items() if bucket is not None},
        )

    def _chosen(self, plan: Plan) -> Iterator[Delta]:
        for read in plan.reads:
            for span in read.spans:
                for row in within(self._levels[read.level], span):
                    if read.level in _FACETS and row.facet != plan.facet:
                        continue
                    if all(row.series.get(test.dimension, "") in test.values for test in plan.query.filters):
                        yield row


def _measures(row: Delta) -> Measures:
    derived = {
        name: sum(row.sums.get(column, 0) for column in columns) for name, columns in DERIVED_COLUMNS.items()
    }
    return Measures({**row.sums, **derived}, row.sketches)


def _ranks(plan: Plan, cells: Mapping[tuple[_Group, datetime | None], list[Measures]]) -> dict[_Group, int]:
    groups: dict[_Group, list[Measures]] = {}
    for (group, _), parts in cells.items():
        groups.setdefault(group, []).extend(parts)
    sums = {group: merged(parts).sums for group, parts in groups.items()}
    return {group: rank for rank, group in enumerate(ranked(sums, plan.query.ordering))}


def _rows(plan: Plan, group: _Group | None, parts: Mapping[datetime | None, Measures]) -> GroupRows:
    empty = ("",) * len(plan.query.group_by)
    return GroupRows(
        empty if group is None else group,
        other=group is None,
        buckets=list(parts),
        sums={column: [part.sums.get(column, 0) for part in parts.values()] for column in plan.columns},
        sketches={
            column: [part.sketches.get(column, b"") for part in parts.values()] for column in plan.sketches
        },
    )


def _bucket(plan: Plan, moment: datetime) -> datetime | None:
    return plan.edges[bisect_right(plan.edges, moment) - 1] if plan.edges else None


def _inside(moments: Iterable[datetime], span: Span) -> frozenset[datetime]:
    return frozenset(moment for moment in moments if span.start <= moment < span.end)


class MemoryLedgerStore:
    """The twin of the ledger's store."""

    def __init__(self, tenant: TenantId, hours: Sequence[LedgerHour]) -> None:
        self._tenant = tenant
        self._hours = sorted(hours, key=lambda hour: hour.hour)

    async def ledger(self, tenant: TenantId, start: datetime, end: datetime) -> Sequence[LedgerHour]:
        return [hour for hour in self._hours if tenant == self._tenant and start <= hour.hour < end]


class MemoryDeadLetterStore:
    """One tenant's letters."""

    def __init__(self, tenant: TenantId, letters: Iterable[DeadLetter] = ()) -> None:
        self._tenant = tenant
        self.letters = list(letters)

    async def page(
        self, question: DeadLetterFilter, after: Place | None, limit: int, payload_bytes_max: int
    ) -> Sequence[DeadLetter]:
        found = [letter for letter in self._own(question.tenant) if _letter_matches(letter, question)]
        if after is not None:
            found = [one for one in found if _letter_key(one) < (after.received_at, after.dead_letter_id)]
        found.sort(key=_letter_key, reverse=True)
        return [replace(one, payload=one.payload[:payload_bytes_max]) for one in found[:limit]]

    async def find(self, tenant: TenantId, ids: Sequence[DeadLetterId]) -> Sequence[DeadLetter]:
        return [letter for letter in self._own(tenant) if letter.dead_letter_id in ids]

    def _own(self, tenant: TenantId) -> list[DeadLetter]:
        return self.letters if tenant == self._tenant else []


def _letter_key(letter: DeadLetter) -> tuple[object, ...]:
    return (letter.received_at, letter.dead_letter_id)


def _letter_matches(letter: DeadLetter, question: DeadLetterFilter) -> bool:
    return (
        question.start <= letter.received_at < question.end
        and (not question.codes or letter.code in question.codes)
        and (not question.origins or letter.origin in question.origins)
    )
