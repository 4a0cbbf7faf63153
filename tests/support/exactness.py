"""The planner's answer beside the raw sum, both from one snapshot of a real database.

In: a reader's address and a `UsageQuery`. Out: two mappings from (bucket, group) to exact sums, which must be equal
whatever was flushed, corrected, came late, was closed or dropped before the snapshot was taken. The users of both are
compared on the way.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from analytics_hub.domain.plan import Plan
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.build import build
from analytics_hub.query.plan import facets_of, marks_span, plan
from analytics_hub.query.reading import Reader
from analytics_hub.storage.connections import connect_async, tenant_transaction_async
from analytics_hub.storage.usage_store import PostgresSnapshot
from rust_core import sketch_count, sketch_merge
from tests.support.distinct import both_counts
from tests.support.measure_rows import MeasureRow, measure_rows

Sums = Mapping[tuple[datetime | None, tuple[str, ...]], tuple[int, ...]]

METRICS = (
    "events",
    "errors",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "unpriced_events",
    "latency_p50_ms",
)
_DATES = {Interval.HOUR: "hour", Interval.DAY: "day", Interval.WEEK: "week", Interval.MONTH: "month"}
_MINUTES = {Interval.MINUTE: 1, Interval.MINUTES_5: 5, Interval.MINUTES_15: 15}
_RAW = """
    SELECT {keys}, sum(events), sum(errors), sum(input_tokens), sum(output_tokens), sum(cost), sum(unpriced), sum(timed)
    FROM (
        SELECT ts, series_id, count(*) AS events, 0 AS errors, sum(input_tokens) AS input_tokens,
               sum(output_tokens) AS output_tokens, sum(cost_pico_usd) AS cost,
               count(*) FILTER (WHERE cost_status = 2) AS unpriced, count(latency_us) AS timed
        FROM hub_read.usage_events WHERE tenant_id = %(tenant)s AND ts >= %(start)s AND ts < %(end)s GROUP BY 1, 2
        UNION ALL
        SELECT ts, series_id, 0, errors, 0, 0, cost, 0, 0
        FROM unnest(%(moments)s::timestamptz[], %(series)s::int8[], %(errors)s::int8[], %(costs)s::int8[])
             AS corrected (ts, series_id, errors, cost)
        WHERE ts >= %(start)s AND ts < %(end)s
    ) AS e JOIN hub_read.series s USING (series_id)
    WHERE s.tenant_id = %(tenant)s GROUP BY {positions}
"""


@dataclass(frozen=True)
class Correction:
    """A signed delta of kind 1, which no event shows."""

    moment: datetime
    series_id: int
    errors: int
    cost_pico_usd: int


async def both(
    reader_dsn: str, query: UsageQuery, corrections: Sequence[Correction] = (), *, blind: bool = False
) -> tuple[Sums, Sums, Plan]:
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
            reader = Reader(snapshot, marks, 500)
            answered = await reader.read(query)
            parts = await reader.read(_in_parts(query)) if query.group_by else answered
            for one in () if blind else (answered, parts):
                users, seen = await both_counts(cursor, marks, one, bucket=_bucket(query))
                assert users == seen
            await cursor.execute(_raw(query).encode(), _args(query, corrections))
            raw = await cursor.fetchall()
    finally:
        await connection.close()
    assert blind or _by_bucket(measure_rows(parts.rows)) == _by_bucket(measure_rows(answered.rows))
    return _planned(measure_rows(answered.rows)), _events(raw), plan(query, marks, spans_max=500)


def both_now(
    reader_dsn: str, query: UsageQuery, corrections: Sequence[Correction] = (), *, blind: bool = False
) -> tuple[Sums, Sums, Plan]:
    """As `both`, for a test that is not asynchronous."""
    return asyncio.run(both(reader_dsn, query, corrections, blind=blind))


def usage_by(
    group_by: tuple[str, ...], tenant_id: int, start: datetime, end: datetime, interval: Interval, tz: str
) -> UsageQuery:
    """The question that the comparison asks."""
    return UsageQuery(
        TenantId(tenant_id),
        start,
        end,
        interval=interval,
        tz=tz,
        metrics=METRICS,
        group_by=group_by,
    )


def _in_parts(query: UsageQuery) -> UsageQuery:
    """A question that is read in parts where its buckets are many: one group, the others, no percentile."""
    return replace(query, metrics=("events", "cost_usd"), limit=1)


def _by_bucket(rows: Iterable[MeasureRow]) -> Mapping[datetime | None, tuple[int, int]]:
    """All groups together, `other` among them."""
    sums: dict[datetime | None, tuple[int, int]] = {}
    for row in rows:
        events, cost = sums.get(row.bucket, (0, 0))
        sums[row.bucket] = (events + row.sums["events"], cost + row.sums["cost_pico_usd"])
    return {bucket: found for bucket, found in sums.items() if any(found)}


def _raw(query: UsageQuery) -> str:
    keys = ", ".join([_bucket(query), *(f"s.{name}" for name in query.group_by)])
    positions = ", ".join(str(at) for at in range(1, len(query.group_by) + 2))
    # Events carry no status of their own: an error is one by its series.
    sums = _RAW.replace("sum(errors)", "sum(errors + CASE WHEN s.status <> 'ok' THEN events ELSE 0 END)")
    return sums.format(keys=keys, positions=positions)


def _bucket(query: UsageQuery) -> str:
    if query.interval is Interval.NONE:
        return "NULL::timestamptz"
    if query.interval in _MINUTES:
        return f"date_bin('{_MINUTES[query.interval]} minutes', e.ts, '2000-01-01 00:00Z')"
    return f"date_trunc('{_DATES[query.interval]}', e.ts, %(tz)s)"


def _args(query: UsageQuery, corrections: Sequence[Correction]) -> dict[str, object]:
    return {
        "tenant": int(query.tenant),
        "start": query.start,
        "end": query.end,
        "tz": query.tz,
        "moments": [one.moment for one in corrections],
        "series": [one.series_id for one in corrections],
        "errors": [one.errors for one in corrections],
        "costs": [one.cost_pico_usd for one in corrections],
    }


def _planned(rows: Iterable[MeasureRow]) -> Sums:
    sums = {}
    for row in rows:
        got = row.sums
        counts = (
            got["events"],
            got["errors"],
            got["input_tokens"],
            got["output_tokens"],
            got["cost_pico_usd"],
        )
        measured = sketch_count(sketch_merge([row.sketches["latency_sketch"]]))
        sums[(row.bucket, row.group)] = (*counts, got["unpriced_events"], measured)
    return {key: found for key, found in sums.items() if any(found)}


def _events(raw: Sequence[Sequence[Any]]) -> Sums:
    found = {}
    for bucket, *rest in raw:
        group = tuple(rest[: len(rest) - len(METRICS)])
        found[(bucket and bucket.astimezone(UTC), group)] = tuple(map(int, rest[len(group) :]))
    return {key: sums for key, sums in found.items() if any(sums)}
