"""The real store behind usage by user: marks and rows of one tenant from one REPEATABLE READ snapshot.

In: a plan. How it becomes SQL is handed in, as in `usage_store.py`. Out: `UserRow`s in the order of the statement.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

import psycopg

from analytics_hub.domain.plan import Marks, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.user_usage import BucketRows, UserPlan, UserRow
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.usage_store import Build, PostgresSnapshot, question_transaction

_Cursor = psycopg.AsyncCursor[Any]


class PostgresUserStore:
    """Reads through the barrier views as hub_reader. The statement's columns: bucket, whether it is everybody past the
    best, one a group, the plan's columns, users.
    """

    def __init__(self, pool: ReaderPool, build: Build) -> None:
        self._pool = pool
        self._build = build

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator["PostgresUserSnapshot"]:
        async with question_transaction(self._pool, tenant) as cursor:
            yield PostgresUserSnapshot(cursor, tenant, self._build)


class PostgresUserSnapshot:
    """One open transaction."""

    def __init__(self, cursor: _Cursor, tenant: TenantId, build: Build) -> None:
        self._cursor = cursor
        self._build = build
        self._usage = PostgresSnapshot(cursor, tenant, build)

    async def marks(self, span: Span) -> Marks:
        return await self._usage.marks(span, ())

    async def day_rows(self, span: Span) -> Sequence[BucketRows]:
        return await self._usage.day_rows(span)

    async def hour_rows(self, span: Span) -> Sequence[BucketRows]:
        return await self._usage.hour_rows(span)

    async def rows(self, plan: UserPlan) -> Sequence[UserRow]:
        text, args = self._build(plan)
        # As bytes: the driver takes a str only when it is a literal of the source.
        await self._cursor.execute(text.encode(), args)
        return [_user_row(plan, row) for row in await self._cursor.fetchall()]


def _user_row(plan: Plan, row: Sequence[Any]) -> UserRow:
    bucket, is_other, *rest, users = row
    keys = 1 + len(plan.query.group_by)
    return UserRow(
        bucket=bucket and bucket.astimezone(UTC),
        group=None if is_other else tuple(rest[:keys]),
        sums={name: int(value or 0) for name, value in zip(plan.columns, rest[keys:], strict=True)},
        users=users,
    )
