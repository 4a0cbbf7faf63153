"""The in-memory twin of the usage store: deltas, closed hours and days, marks and dropped minutes, by the
same rules.

For tests and for understanding: what `analytics_hub/storage` does with tables and a closer is here a few
dictionaries. `raw()` keeps every delta for ever, so that an answer can be compared with the plain sum.
"""

from bisect import bisect_right
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from analytics_hub.domain.dead_letter import DeadLetter, DeadLetterFilter, DeadLetterId, Place
from analytics_hub.domain.ledger import LedgerHour
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import Level, Marks, MeasureRow, Plan, Span
from analytics_hub.domain.series import DERIVED_COLUMNS
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.measures import Measures, merged

_WIDTHS = {Level.MINUTE: timedelta(minutes=1), Level.HOUR: timedelta(hours=1), Level.DAY: timedelta(days=1)}
_Group = tuple[str, ...]


@dataclass(frozen=True)
class Delta:
    """A rollup row: when, which series (dimensions and `tag.<key>`), how much."""

    bucket: datetime
    series: Mapping[str, str]
    sums: Mapping[str, int]
    sketches: Mapping[str, bytes] = field(default_factory=dict)


class MemoryUsageStore:
    """One tenant's rollups. `taken_at` stands still until it is set."""

    def __init__(self, tenant: TenantId, taken_at: datetime, declared_tags: Iterable[str] = ()) -> None:
        self.taken_at = taken_at
        self._declared_tags = frozenset(declared_tags)
        self._tenant = tenant
        self._raw: list[Delta] = []
        self._levels: dict[Level, list[Delta]] = {level: [] for level in Level}
        self._hours: set[datetime] = set()
        self._days: set[datetime] = set()
        self._dropped_before: datetime | None = None

    def add(self, delta: Delta) -> None:
        """A flush of one delta: the row and the mark of its hour, together."""
        self._raw.append(delta)
        self._levels[Level.MINUTE].append(delta)
        self._hours.add(_floor(delta.bucket, Level.HOUR))

    def close(self, now: datetime) -> None:
        """The closer: hours that are over from their deltas, days that are over from their hours."""
        for hour in [hour for hour in self._hours if hour + _WIDTHS[Level.HOUR] <= now]:
            self._close_hour(hour)
            self._days.add(_floor(hour, Level.DAY))
            self._hours.remove(hour)
        for day in [day for day in self._days if day + _WIDTHS[Level.DAY] <= now]:
            self._recompute(Level.DAY, day, Level.HOUR)
            self._days.remove(day)

    def drop_minutes(self, before: datetime) -> None:
        """Retention: whole hours of minutes go. The border never passes a marked hour: its minutes are not
        yet all in its coarse row, and behind the border they would be added to it a second time.
        """
        border = self._dropped_before
        marked = [hour for hour in self._hours if border is None or hour >= border]
        wanted = min([before, *marked])
        border = wanted if border is None else max(border, wanted)
        self._dropped_before = border
        self._levels[Level.MINUTE] = [
            delta
            for delta in self._levels[Level.MINUTE]
            if delta.bucket >= border or _floor(delta.bucket, Level.HOUR) in self._hours
        ]

    def raw(self) -> Sequence[Delta]:
        return self._raw

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator["MemorySnapshot"]:
        levels = {level: list(rows) if tenant == self._tenant else [] for level, rows in self._levels.items()}
        marks = Marks(
            frozenset(self._hours),
            frozenset(self._days),
            self._dropped_before,
            self.taken_at,
            self._declared_tags,
        )
        yield MemorySnapshot(levels, marks)

    def _close_hour(self, hour: datetime) -> None:
        if self._dropped_before is None or hour >= self._dropped_before:
            self._recompute(Level.HOUR, hour, Level.MINUTE)
            return
        late = list(_within(self._levels[Level.MINUTE], Span(hour, hour + _WIDTHS[Level.HOUR])))
        self._levels[Level.HOUR] += [Delta(hour, row.series, row.sums, row.sketches) for row in late]
        taken = {id(row) for row in late}
        self._levels[Level.MINUTE] = [row for row in self._levels[Level.MINUTE] if id(row) not in taken]

    def _recompute(self, level: Level, bucket: datetime, source: Level) -> None:
        span = Span(bucket, bucket + _WIDTHS[level])
        self._levels[level] = [row for row in self._levels[level] if row.bucket != bucket]
        self._levels[level] += [
            Delta(bucket, row.series, row.sums, row.sketches) for row in _within(self._levels[source], span)
        ]


class MemorySnapshot:
    """What the tables looked like at one moment."""

    def __init__(self, levels: Mapping[Level, Sequence[Delta]], marks: Marks) -> None:
        self._levels = levels
        self._marks = marks

    async def marks(self, span: Span) -> Marks:
        hours = frozenset(hour for hour in self._marks.hours if span.start <= hour < span.end)
        days = frozenset(day for day in self._marks.days if span.start <= day < span.end)
        return replace(self._marks, hours=hours, days=days)

    async def rows(self, plan: Plan) -> Sequence[MeasureRow]:
        cells: dict[tuple[_Group, datetime | None], list[Measures]] = {}
        for row in self._chosen(plan):
            group = tuple(row.series.get(name, "") for name in plan.query.group_by)
            cells.setdefault((group, _bucket(plan, row.bucket)), []).append(_measures(row))
        ranks = _ranks(plan, cells)
        folded: dict[tuple[int, datetime | None], list[Measures]] = {}
        for (group, bucket), parts in cells.items():
            rank = min(ranks[group], plan.query.groups_max)
            folded.setdefault((rank, bucket), []).extend(parts)
        groups = {rank: group for group, rank in ranks.items() if rank < plan.query.groups_max}
        return [
            _row(plan, groups.get(rank), bucket, merged(folded[rank, bucket]))
            for rank, bucket in sorted(folded, key=lambda key: (key[0], key[1] or self._marks.taken_at))
        ]

    def _chosen(self, plan: Plan) -> Iterator[Delta]:
        for read in plan.reads:
            for span in read.spans:
                for row in _within(self._levels[read.level], span):
                    if all(row.series.get(test.dimension, "") in test.values for test in plan.query.filters):
                        yield row


def _measures(row: Delta) -> Measures:
    derived = {
        name: sum(row.sums.get(column, 0) for column in columns) for name, columns in DERIVED_COLUMNS.items()
    }
    return Measures({**row.sums, **derived}, row.sketches)


def _ranks(plan: Plan, cells: Mapping[tuple[_Group, datetime | None], list[Measures]]) -> dict[_Group, int]:
    """Groups by the metric of the order, None last, ties by name."""
    groups: dict[_Group, list[Measures]] = {}
    for (group, _), parts in cells.items():
        groups.setdefault(group, []).extend(parts)
    scores = {group: _score(plan, merged(parts).sums) for group, parts in groups.items()}
    known = sorted(group for group, score in scores.items() if score is not None)
    known.sort(key=lambda group: scores[group] or 0, reverse=plan.query.ordering.descending)
    unknown = sorted(group for group, score in scores.items() if score is None)
    return {group: rank for rank, group in enumerate([*known, *unknown])}


def _score(plan: Plan, sums: Mapping[str, int]) -> float | None:
    metric = METRICS[plan.query.ordering.metric]
    amount = sum(sums.get(name, 0) for name in metric.add) - sum(
        sums.get(name, 0) for name in metric.subtract
    )
    if not metric.per:
        return amount
    whole = sum(sums.get(name, 0) for name in metric.per)
    return amount / whole if whole else None


def _row(plan: Plan, group: _Group | None, bucket: datetime | None, parts: Measures) -> MeasureRow:
    sums = {column: parts.sums.get(column, 0) for column in plan.columns}
    sketches = {column: parts.sketches.get(column, b"") for column in plan.sketches}
    empty = ("",) * len(plan.query.group_by)
    return MeasureRow(bucket, empty if group is None else group, group is None, sums, sketches)


def _bucket(plan: Plan, moment: datetime) -> datetime | None:
    return plan.edges[bisect_right(plan.edges, moment) - 1] if plan.edges else None


def _within(rows: Sequence[Delta], span: Span) -> Iterator[Delta]:
    return (row for row in rows if span.start <= row.bucket < span.end)


def _floor(moment: datetime, level: Level) -> datetime:
    return moment - (moment - datetime(2000, 1, 1, tzinfo=moment.tzinfo)) % _WIDTHS[level]


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
