"""The real store behind the query ports: marks and rows of one tenant from one REPEATABLE READ snapshot, and
its ledger.

In: a plan. How it becomes SQL is the builder's business (`analytics_hub/query/build.py`), which is handed
in, because storage knows no query. Out: `GroupRows` in the order that the statement gives. The twin is
`analytics_hub/query/memory.py`.
"""

from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.numeric import IntLoader
from psycopg.types.string import TextLoader

from analytics_hub.domain.distinct import DistinctPlan, Group, UserCounts
from analytics_hub.domain.ledger import LedgerCount, LedgerHour
from analytics_hub.domain.plan import GroupRows, Marks, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.user_usage import BucketRows
from analytics_hub.storage.connections import tenant_transaction_async
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements

Build = Callable[[Plan], tuple[str, Mapping[str, object]]]
"""A statement whose columns are: bucket, other, one a group dimension, the plan's columns, the plan's
sketches. Sums are integers, whether int8 or numeric. Rows come group by group. Of a plan that counts users: bucket, the
place of the group among those of the plan from 1 on or 0 for the others, users; NULL where it is of all of them.
"""

_Cursor = psycopg.AsyncCursor[Any]


@asynccontextmanager
async def question_transaction(pool: ReaderPool, tenant: TenantId) -> AsyncIterator[_Cursor]:
    """One snapshot of one tenant for the assembled statements, which join series and rows by hash."""
    async with pool.reading() as connection, tenant_transaction_async(connection, tenant) as cursor:
        await cursor.execute(statements("usage")["no_nested_loops"])
        yield cursor


class PostgresUsageStore:
    """Reads through the barrier views as hub_reader."""

    def __init__(self, pool: ReaderPool, build: Build) -> None:
        self._pool = pool
        self._build = build

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator["PostgresSnapshot"]:
        async with question_transaction(self._pool, tenant) as cursor:
            yield PostgresSnapshot(cursor, tenant, self._build, self._pool)

    async def ledger(self, tenant: TenantId, start: datetime, end: datetime) -> Sequence[LedgerHour]:
        args = {"tenant_id": int(tenant), "start": start, "end": end}
        async with (
            self._pool.reading() as connection,
            tenant_transaction_async(connection, tenant) as cursor,
        ):
            await cursor.execute(statements("usage")["ledger"], args)
            rows = await cursor.fetchall()
        return [LedgerHour(hour.astimezone(UTC), LedgerCount(*counts)) for hour, *counts in rows]


class PostgresSnapshot:
    """One open transaction."""

    def __init__(
        self, cursor: _Cursor, tenant: TenantId, build: Build, pool: ReaderPool | None = None
    ) -> None:
        self._cursor = cursor
        self._tenant = tenant
        self._build = build
        self._pool = pool
        self._moments = _Moments()

    @asynccontextmanager
    async def beside(self) -> AsyncIterator["PostgresSnapshot | None"]:
        """This snapshot over another connection, to be read at the same time; None where there is none to spare."""
        if self._pool is None:
            yield None
            return
        async with self._pool.spare() as connection:
            if connection is None:
                yield None
                return
            await self._cursor.execute(statements("usage")["export_snapshot"])
            exported = await self._cursor.fetchone()
            assert exported is not None
            async with tenant_transaction_async(connection, self._tenant, snapshot=exported[0]) as cursor:
                await cursor.execute(statements("usage")["no_nested_loops"])
                yield PostgresSnapshot(cursor, self._tenant, self._build)

    async def marks(self, span: Span, facets: Sequence[str] = ()) -> Marks:
        args = {
            "tenant_id": int(self._tenant),
            "start": span.start,
            "end": span.end,
            "facets": list(facets),
        }
        await self._cursor.execute(statements("usage")["marks"], args)
        return marks_of(await self._cursor.fetchone())

    async def rows(self, plan: Plan) -> Sequence[GroupRows]:
        text, args = self._build(plan)
        # A cursor of its own, because it reads some types in its own way.
        async with self._cursor.connection.cursor() as cursor:
            cursor.adapters.register_loader("numeric", IntLoader)
            cursor.adapters.register_loader("timestamptz", TextLoader)
            # As bytes: the driver takes a str only when it is a literal of the source.
            await cursor.execute(text.encode(), args)
            return list(_group_rows(plan, await cursor.fetchall(), self._moments))

    async def day_rows(self, span: Span) -> Sequence[BucketRows]:
        return await self._bucket_rows("user_rows", span)

    async def hour_rows(self, span: Span) -> Sequence[BucketRows]:
        return await self._bucket_rows("user_hour_rows", span)

    async def _bucket_rows(self, statement: str, span: Span) -> Sequence[BucketRows]:
        args = {"tenant_id": int(self._tenant), "start": span.start, "end": span.end}
        await self._cursor.execute(statements("users")[statement], args)
        found = await self._cursor.fetchall()
        return [BucketRows(bucket.astimezone(UTC), rows, run_rows) for bucket, rows, run_rows in found]

    async def distinct_users(self, plan: DistinctPlan) -> UserCounts:
        text, args = self._build(plan)
        await self._cursor.execute(text.encode(), args)
        return _user_counts(plan, await self._cursor.fetchall())


def marks_of(row: Sequence[Any] | None) -> Marks:
    """What the statement `marks` tells."""
    assert row is not None  # one row of retention, and lists beside it
    taken_at, minutes, hours_kept, events, hours, days, tags, gap_facets, gap_hours = row
    gaps: dict[str, set[datetime]] = {}
    for facet, hour in zip(gap_facets, gap_hours, strict=True):
        gaps.setdefault(facet, set()).add(hour.astimezone(UTC))
    return Marks(
        hours=frozenset(hour.astimezone(UTC) for hour in hours),
        days=frozenset(day.astimezone(UTC) for day in days),
        minutes_dropped_before=minutes.astimezone(UTC),
        taken_at=taken_at.astimezone(UTC),
        declared_tags=frozenset(tags or ()),
        gaps={facet: frozenset(found) for facet, found in gaps.items()},
        hours_dropped_before=hours_kept.astimezone(UTC),
        events_dropped_before=events.astimezone(UTC),
    )


class _Moments(dict[str | None, datetime | None]):
    """Moments by the text that the server gives: the same buckets come with every group, and are read once."""

    def __missing__(self, text: str | None) -> datetime | None:
        moment = self[text] = None if text is None else datetime.fromisoformat(text).astimezone(UTC)
        return moment


def _group_rows(plan: Plan, rows: Sequence[Sequence[Any]], moments: _Moments) -> Iterator[GroupRows]:
    """Turned into columns by the interpreter's own loops. Sums come as NULL where nothing was summed."""
    first = 2 + len(plan.query.group_by)
    last = first + len(plan.columns)
    for members in _by_group(rows, first):
        other, *group = members[0][1:first]
        columns = list(zip(*members, strict=True))
        yield GroupRows(
            tuple(group),
            other,
            [moments[text] for text in columns[0]],
            {
                name: [amount or 0 for amount in column]
                for name, column in zip(plan.columns, columns[first:last], strict=True)
            },
            {
                name: [sketch or b"" for sketch in column]
                for name, column in zip(plan.sketches, columns[last:], strict=True)
            },
        )


def _by_group(rows: Sequence[Sequence[Any]], first: int) -> Iterator[Sequence[Sequence[Any]]]:
    """Each group's rows. They come together, so that the end of a group is searched for, not walked to."""
    start = 0
    while start < len(rows):
        end = bisect_left(rows, True, start, key=_differs_from(rows[start][1:first], first))
        yield rows[start:end]
        start = end


def _differs_from(group: Sequence[Any], first: int) -> Callable[[Sequence[Any]], bool]:
    return lambda row: row[1:first] != group


def _user_counts(plan: DistinctPlan, rows: Sequence[Sequence[Any]]) -> UserCounts:
    whole, totals, points = 0, dict[Group | None, int](), dict[tuple[Group | None, datetime], int]()
    for bucket, rank, users in rows:
        if rank is None:
            whole = users
            continue
        group = plan.groups[rank - 1] if plan.groups and rank else None
        if bucket is None:
            totals[group] = users
        else:
            points[group, bucket.astimezone(UTC)] = users
    return UserCounts(whole, totals, points)
