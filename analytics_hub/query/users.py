"""The use case behind usage by end-user: one snapshot, a plan, rows, an answer.

In: a `UserQuery`. Out: a `UserAnswer`. What is read is decided by `user_plan.py`; `build_users.py` makes SQL of it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import groupby
from typing import Protocol

from analytics_hub.domain.answer import Point, Points, Series
from analytics_hub.domain.plan import LevelRead, Marks, Plan, Read, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval
from analytics_hub.domain.user_usage import (
    USER,
    BucketRows,
    UserAnswer,
    UserCoverage,
    UserPlan,
    UserQuery,
    UserRow,
)
from analytics_hub.query.declared_tags import check_declared
from analytics_hub.query.measures import Measures, merged
from analytics_hub.query.plan import marks_span
from analytics_hub.query.user_hours import hours_span
from analytics_hub.query.user_plan import USER_COVERAGE_COLUMNS, plan_users
from analytics_hub.query.user_runs import known_span
from analytics_hub.query.values import values


class UserSnapshot(Protocol):
    """One consistent view of one tenant's users."""

    async def marks(self, span: Span) -> Marks: ...

    async def day_rows(self, span: Span) -> Sequence[BucketRows]:
        """The closed days of users, and which runs there are, ascending."""
        ...

    async def hour_rows(self, span: Span) -> Sequence[BucketRows]:
        """The hours of users that there are, and their runs, ascending."""
        ...

    async def rows(self, plan: UserPlan) -> Sequence[UserRow]:
        """The best groups, best first, then everybody else as one; buckets ascending within a group."""
        ...


class UserStore(Protocol):
    """Where usage by user is read."""

    def snapshot(self, tenant: TenantId) -> AbstractAsyncContextManager[UserSnapshot]: ...


class UserService:
    """Asks a store; keeps no state of its own."""

    def __init__(self, store: UserStore, *, spans_max: int) -> None:
        self._store = store
        self._spans_max = spans_max

    async def ask(self, query: UserQuery) -> UserAnswer:
        """The exact answer as of one snapshot."""
        usage = query.usage
        async with self._store.snapshot(usage.tenant) as snapshot:
            marks = await snapshot.marks(marks_span(usage))
            check_declared("group_by", usage.group_by, marks.declared_tags)
            check_declared("filter", (chosen.dimension for chosen in usage.filters), marks.declared_tags)
            known = await snapshot.day_rows(known_span(query)) if query.has_days else ()
            hours = await snapshot.hour_rows(hours_span(query)) if query.has_hours else ()
            planned = await asyncio.to_thread(
                plan_users, query, marks, known, hours, spans_max=self._spans_max
            )
            rows = await snapshot.rows(planned)
        return await asyncio.to_thread(_answer, query, planned, rows, marks)


def _answer(query: UserQuery, planned: Plan, rows: Sequence[UserRow], marks: Marks) -> UserAnswer:
    series = []
    for group, members in groupby(rows, key=lambda row: row.group):
        names = {} if group is None else dict(zip((USER, *query.usage.group_by), group, strict=True))
        series.append(_series(query, names, list(members), other=group is None))
    total = merged(Measures(row.sums, {}) for row in rows)
    return UserAnswer(
        query=query,
        users=max((row.users for row in rows), default=0),
        series=tuple(series),
        total=values(query.usage.metrics, total),
        coverage=UserCoverage(**{name: total.sums.get(name, 0) for name in USER_COVERAGE_COLUMNS}),
        fresh_until=marks.taken_at,
        levels=tuple(_level_read(read) for read in planned.reads),
    )


def _series(query: UserQuery, group: Mapping[str, str], rows: Sequence[UserRow], *, other: bool) -> Series:
    metrics = query.usage.metrics
    total = merged(Measures(row.sums, {}) for row in rows)
    points = Points()
    if query.usage.interval is not Interval.NONE:
        points = Points.of(
            Point(row.bucket, values(metrics, Measures(row.sums, {})))
            for row in rows
            if row.bucket is not None
        )
    return Series(group, other, values(metrics, total), points)


def _level_read(read: Read) -> LevelRead:
    return LevelRead(read.level, sum(int(span.length.total_seconds()) // 60 for span in read.spans))
