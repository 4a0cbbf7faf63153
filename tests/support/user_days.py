"""Raw events by hand with their delta and mark, and the user days that they must come to.

In: a writer's connection and the columns that matter to the test. Out: rows; `summed_users` adds them up in Python.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from tests.support.deltas import COSTS, MEASURES, SKETCHES, TOKENS, add_delta, add_mark, ensure_day

SUMS = tuple(name for name in MEASURES if name not in SKETCHES)
UserDays = dict[tuple[int, datetime, str], dict[str, int]]
"""Sums by (tenant_id, day, user)."""


def flush_event(
    conn: psycopg.Connection[Any],
    tenant_id: int,
    at: datetime,
    user: str | None,
    series_id: int = 1,
    **columns: Any,
) -> None:
    """What a flush commits for one event: the day, the event, a delta and the hour's mark."""
    row = {
        "tenant_id": tenant_id, "ts": at, "series_id": series_id, "received_at": at, "source": "s", "event_id": "e",
        "user_id": user, "input_tokens": 1, "output_tokens": 2, "cost_input_pico_usd": 3, "cost_output_pico_usd": 4,
        "cost_status": 0,
    } | columns  # fmt: skip
    statement = sql.SQL("INSERT INTO hub.usage_events (event_key, {}) VALUES (gen_random_uuid(), {})").format(
        sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join([sql.Placeholder()] * len(row))
    )
    ensure_day(conn, at)
    with conn.transaction():
        conn.execute(statement, list(row.values()))
        add_delta(
            conn, tenant_id, at.replace(second=0), series_id, events=1, input_tokens=row["input_tokens"]
        )
        add_mark(conn, tenant_id, at)


def user_days(conn: psycopg.Connection[Any]) -> UserDays:
    """The rows of usage_user_1d by their key."""
    found = conn.execute(f"SELECT tenant_id, bucket, user_id, {', '.join(SUMS)} FROM hub.usage_user_1d")
    return {row[:3]: dict(zip(SUMS, map(int, row[3:]), strict=True)) for row in found}


def summed_users(conn: psycopg.Connection[Any], table: str = "hub.usage_events") -> UserDays:
    """What it must hold: the raw events, added up one by one."""
    days: UserDays = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    with conn.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        query = f"SELECT e.*, s.status FROM {table} e LEFT JOIN hub.series s USING (tenant_id, series_id)"
        for row in cursor.execute(query):
            day = row["ts"].replace(hour=0, minute=0, second=0, microsecond=0)
            sums = days[row["tenant_id"], day, row["user_id"] or ""]
            for name, value in _sums_of(row).items():
                sums[name] += value
    return dict(days)


def _sums_of(row: dict[str, Any]) -> dict[str, int]:
    status = row["cost_status"]
    plain = {name: row[name] or 0 for name in (*TOKENS, "web_searches", *COSTS) if name in row}
    return plain | {
        "events": 1,
        "errors": int(row["status"] not in {"ok", None}),
        "provider_reported_cost_pico_usd": plain["cost_other_pico_usd"] if status == 3 else 0,
        "unpriced_events": int(status == 2),
        "partial_events": int(status == 1),
        "estimated_events": int(status == 4),
        "unpriced_tokens": sum(plain[name] for name in TOKENS) if status == 2 else 0,
        "latency_us_sum": row["latency_us"] or 0,
        "latency_count": int(row["latency_us"] is not None),
        "ttft_us_sum": row["ttft_us"] or 0,
        "ttft_count": int(row["ttft_us"] is not None),
    }
