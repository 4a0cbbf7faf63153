"""Usage by user beside the raw sum, both from one snapshot of a real database.

In: a reader's address and a `UserQuery` of the metrics below, all or the first. Out: two mappings from (bucket, user,
groups…) to sums, which must be equal whatever was flushed, came late or was closed before the snapshot was taken.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from analytics_hub.domain.money import pico_from_usd
from analytics_hub.domain.plan import Level, Marks, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval
from analytics_hub.domain.user_usage import BucketRows, UserAnswer, UserQuery, UserRow
from analytics_hub.query.build_users import build_users
from analytics_hub.query.users import UserService
from analytics_hub.storage.connections import connect_async, tenant_transaction_async
from analytics_hub.storage.user_store import PostgresUserSnapshot

Sums = Mapping[tuple[Any, ...], tuple[int, ...]]

METRICS = ("events", "errors", "total_tokens", "cost_usd", "provider_reported_cost_usd", "latency_avg_ms")
METRICS_OF_RUNS = METRICS[:4]
"""Those that runs of days know as well."""
_SUMMED = METRICS[:-1]
_UNITS = {Interval.DAY: "day", Interval.WEEK: "week", Interval.MONTH: "month", Interval.HOUR: "hour"}
_RAW = """
    SELECT {bucket}, coalesce(e.user_id, ''){groups}, count(*), count(*) FILTER (WHERE s.status <> 'ok'),
           sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens
               + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens),
           sum(cost_pico_usd), coalesce(sum(cost_pico_usd) FILTER (WHERE cost_status = 3), 0)
    FROM hub_read.usage_events e JOIN hub_read.series s USING (tenant_id, series_id)
    WHERE e.tenant_id = %(tenant)s AND e.ts >= %(start)s AND e.ts < %(end)s GROUP BY {keys}
"""


class EmptyUserStore:
    """Nobody ever used anything."""

    def __init__(self, taken_at: datetime) -> None:
        self._taken_at = taken_at

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator["EmptyUserStore"]:
        assert tenant > 0
        yield self

    async def marks(self, span: Span) -> Marks:
        assert span.start < span.end
        return Marks(frozenset(), frozenset(), None, self._taken_at)

    async def day_rows(self, span: Span) -> Sequence[BucketRows]:
        assert span.start < span.end
        return []

    async def hour_rows(self, span: Span) -> Sequence[BucketRows]:
        assert span.start < span.end
        return []

    async def rows(self, plan: Plan) -> Sequence[UserRow]:
        assert plan.reads
        return []


class _Opened:
    """A store of one snapshot that is open already."""

    def __init__(self, snapshot: PostgresUserSnapshot) -> None:
        self._snapshot = snapshot

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator[PostgresUserSnapshot]:
        assert tenant > 0
        yield self._snapshot


class _Blind(PostgresUserSnapshot):
    """Sees no mark of an hour."""

    async def marks(self, span: Span) -> Marks:
        return replace(await super().marks(span), hours=frozenset())


async def _both(
    reader_dsn: str, query: UserQuery, *, raw: bool, blind: bool = False
) -> tuple[UserAnswer, Sums]:
    usage = query.usage
    keys = 2 + len(usage.group_by)
    connection = await connect_async(reader_dsn, "exactness")
    try:
        async with tenant_transaction_async(connection, usage.tenant) as cursor:
            snapshot = (_Blind if blind else PostgresUserSnapshot)(cursor, usage.tenant, build_users)
            answer = await UserService(_Opened(snapshot), spans_max=500).ask(query)
            sums: Sums = {}
            if raw:
                await cursor.execute(_statement(query).encode(), _args(query))
                found = await cursor.fetchall()
                last = keys + len([name for name in _SUMMED if name in usage.metrics])
                sums = {(_utc(row[0]), *row[1:keys]): tuple(map(int, row[keys:last])) for row in found}
    finally:
        await connection.close()
    return answer, sums


def both_now(reader_dsn: str, query: UserQuery, *, blind: bool = False) -> tuple[UserAnswer, Sums]:
    """(the answer, what the events say), within one REPEATABLE READ transaction. `blind` hides the marks of hours from
    the planner: the control that shows the comparison can fail."""
    return asyncio.run(_both(reader_dsn, query, raw=True, blind=blind))


def answer_now(reader_dsn: str, query: UserQuery) -> UserAnswer:
    return asyncio.run(_both(reader_dsn, query, raw=False))[0]


def told(answer: UserAnswer) -> Sums:
    """The answer in the words of the raw sums; every user must have been told apart."""
    assert not any(series.other for series in answer.series)
    found: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for series in answer.series:
        if answer.query.usage.interval is Interval.NONE:
            found[(None, *series.group.values())] = _values(series.total)
        for point in series.points:
            found[(point.start, *series.group.values())] = _values(point.values)
    return found


def levels(answer: UserAnswer) -> set[Level]:
    return {read.level for read in answer.levels}


def _values(values: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(
        pico_from_usd(values[name]) if name.endswith("_usd") else int(values[name])
        for name in _SUMMED
        if name in values
    )


def _statement(query: UserQuery) -> str:
    usage = query.usage
    groups = "".join(f", s.{name}" for name in usage.group_by)
    unit = _UNITS.get(usage.interval)
    bucket = f"date_trunc('{unit}', e.ts, %(tz)s)" if unit else "NULL::timestamptz"
    keys = ", ".join(str(at) for at in range(1, 3 + len(usage.group_by)))
    return _RAW.format(bucket=bucket, groups=groups, keys=keys)


def _args(query: UserQuery) -> dict[str, object]:
    usage = query.usage
    return {"tenant": int(usage.tenant), "start": usage.start, "end": usage.end, "tz": usage.tz}


def _utc(bucket: datetime | None) -> datetime | None:
    return bucket and bucket.astimezone(UTC)
