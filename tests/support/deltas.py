"""Hand-made rollup rows: what a flush would have written, without a flush.

In: a writer's connection and the columns that matter to the test; every other measure is zero, sketches are empty.
Real flushes are tested in tests/adapter/ingest.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

TOKENS = (
    "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "input_image_tokens", "output_tokens", "output_reasoning_tokens", "output_audio_tokens",
)  # fmt: skip
COSTS = (
    "cost_input_pico_usd", "cost_cache_read_pico_usd", "cost_cache_write_pico_usd", "cost_output_pico_usd",
    "cost_other_pico_usd", "provider_reported_cost_pico_usd",
)  # fmt: skip
COUNTS = (
    "unpriced_events", "partial_events", "estimated_events", "unpriced_tokens",
    "latency_us_sum", "latency_count", "ttft_us_sum", "ttft_count",
)  # fmt: skip
SKETCHES = ("latency_sketch", "ttft_sketch")
MEASURES = ("events", "errors", *TOKENS, "web_searches", *COSTS, *COUNTS, *SKETCHES)
"""The columns of usage_1m, usage_1h and usage_1d after their keys, in order."""


def add_delta(
    conn: psycopg.Connection[Any],
    tenant_id: int,
    bucket: datetime,
    series_id: int = 1,
    *,
    kind: int = 0,
    **measures: Any,
) -> None:
    """One row of hub.usage_1m; its day must exist (`ensure_day`)."""
    values = {name: b"" if name in SKETCHES else 0 for name in MEASURES} | measures
    assert len(values) == len(MEASURES), f"unknown measures: {set(measures) - set(MEASURES)}"
    columns = {"tenant_id": tenant_id, "bucket": bucket, "series_id": series_id, "kind": kind} | values
    statement = sql.SQL("INSERT INTO hub.usage_1m ({}) VALUES ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    conn.execute(statement, list(columns.values()))


def add_mark(conn: psycopg.Connection[Any], tenant_id: int, bucket: datetime) -> None:
    """The mark that a flush leaves for the hour of this bucket."""
    conn.execute(
        "INSERT INTO hub.rollup_marks (tenant_id, hour, flush_id) VALUES (%s, %s, nextval('hub.flush_id_seq'))",
        [tenant_id, hour_of(bucket)],
    )


def flush_delta(
    conn: psycopg.Connection[Any],
    tenant_id: int,
    bucket: datetime,
    series_id: int = 1,
    *,
    kind: int = 0,
    **measures: Any,
) -> None:
    """What one flush commits for one minute: the day, the delta and its hour's mark, in one transaction."""
    ensure_day(conn, bucket)
    with conn.transaction():
        add_delta(conn, tenant_id, bucket, series_id, kind=kind, **measures)
        add_mark(conn, tenant_id, bucket)


def ensure_day(conn: psycopg.Connection[Any], moment: datetime) -> None:
    conn.execute("SELECT hub.ensure_day(ARRAY[%s]::date[])", [moment.astimezone(UTC).date()])


def add_series(conn: psycopg.Connection[Any], tenant_id: int, series_id: int, **dimensions: Any) -> None:
    """One row of hub.series; dimensions not named are ''."""
    columns = {"tenant_id": tenant_id, "series_id": series_id} | dimensions
    statement = sql.SQL("INSERT INTO hub.series ({}) VALUES ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    conn.execute(statement, list(columns.values()))


def minute(text: str) -> datetime:
    """`minute("2026-03-01 10:07")`: an aware UTC moment."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def hour_of(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
