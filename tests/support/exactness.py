"""The planner's answer beside the raw sum, both from one snapshot of a real database.

In: a reader's address and a `UsageQuery`. Out: two mappings from (bucket, project) to exact sums, which must be equal
whatever was flushed, came late or was closed before the snapshot was taken.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from analytics_hub.domain.plan import Plan
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.build import build
from analytics_hub.query.plan import facets_of, marks_span, plan
from analytics_hub.storage.connections import connect_async, tenant_transaction_async
from analytics_hub.storage.usage_store import PostgresSnapshot
from rust_core import sketch_count, sketch_merge

Sums = Mapping[tuple[datetime | None, str], tuple[int, ...]]

METRICS = (
    "events",
    "errors",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "unpriced_events",
    "latency_p50_ms",
)
_UNITS = {Interval.HOUR: "hour", Interval.DAY: "day", Interval.WEEK: "week", Interval.MONTH: "month"}
_RAW = """
    SELECT {bucket}, s.project, count(*), count(*) FILTER (WHERE s.status <> 'ok'), sum(e.input_tokens),
           sum(e.output_tokens), sum(e.cost_pico_usd), count(*) FILTER (WHERE e.cost_status = 2), count(e.latency_us)
    FROM hub_read.usage_events e JOIN hub_read.series s USING (tenant_id, series_id)
    WHERE e.tenant_id = %(tenant)s AND e.ts >= %(start)s AND e.ts < %(end)s GROUP BY 1, 2
"""


async def both(reader_dsn: str, query: UsageQuery, *, blind: bool = False) -> tuple[Sums, Sums, Plan]:
    """(what the planner says, what the events say, the plan), within one REPEATABLE READ transaction.

    `blind` hides the marks from the planner: the control that shows the comparison can fail.
    """
    connection = await connect_async(reader_dsn, "exactness")
    try:
        async with tenant_transaction_async(connection, query.tenant) as cursor:
            snapshot = PostgresSnapshot(cursor, query.tenant, build)
            marks = await snapshot.marks(marks_span(query), facets_of(query))
            if blind:
                marks = replace(marks, hours=frozenset(), days=frozenset())
            planned = plan(query, marks, spans_max=500)
            rows = await snapshot.rows(planned)
            await cursor.execute(_RAW.format(bucket=_bucket(query)).encode(), _args(query))
            raw = await cursor.fetchall()
    finally:
        await connection.close()
    return _planned(rows), _events(raw), planned


def both_now(reader_dsn: str, query: UsageQuery, *, blind: bool = False) -> tuple[Sums, Sums, Plan]:
    """As `both`, for a test that is not asynchronous."""
    return asyncio.run(both(reader_dsn, query, blind=blind))


def usage_by_project(
    tenant_id: int, start: datetime, end: datetime, interval: Interval, tz: str
) -> UsageQuery:
    """The question that the comparison asks."""
    return UsageQuery(
        TenantId(tenant_id),
        start,
        end,
        interval=interval,
        tz=tz,
        metrics=METRICS,
        group_by=("project",),
        limit=50,
    )


def _bucket(query: UsageQuery) -> str:
    if query.interval is Interval.NONE:
        return "NULL::timestamptz"
    return f"date_trunc('{_UNITS[query.interval]}', e.ts, %(tz)s)"


def _args(query: UsageQuery) -> dict[str, object]:
    return {"tenant": int(query.tenant), "start": query.start, "end": query.end, "tz": query.tz}


def _planned(rows: Sequence[Any]) -> Sums:
    sums = {}
    for row in rows:
        got = row.sums
        cost = sum(value for name, value in got.items() if name.startswith("cost_"))
        counts = (got["events"], got["errors"], got["input_tokens"], got["output_tokens"], cost)

        measured = sketch_count(sketch_merge([row.sketches["latency_sketch"]]))
        sums[(row.bucket, row.group[0])] = (*counts, got["unpriced_events"], measured)
    return sums


def _events(raw: Sequence[Sequence[Any]]) -> Sums:
    return {
        (bucket and bucket.astimezone(UTC), project): tuple(map(int, sums)) for bucket, project, *sums in raw
    }
