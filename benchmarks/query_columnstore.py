"""TimescaleDB's own work, done by hand: the jobs go by the clock of the wall, the data ends on a fixed day.

In: a `Place`. Out: jobs that stand still, chunks in the columnstore as the policies would have left them at the moment
when the data ends, and the bytes of every level. On plain PostgreSQL only the last is any work.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from benchmarks.query_server import Place

LEVELS = (
    "usage_events", "usage_1m", "usage_1m_total", "usage_1h", "usage_1h_facet", "usage_1d", "usage_1d_facet",
    "usage_user_1d", "usage_user_run", "usage_user_rows", "usage_user_blocks",
    "usage_user_1h", "usage_user_1h_run", "usage_user_1h_rows",
)  # fmt: skip
_PAUSE = "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs"
_DUE = """
    SELECT format('%%I.%%I', c.chunk_schema, c.chunk_name)
    FROM timescaledb_information.jobs j
    JOIN timescaledb_information.chunks c USING (hypertable_schema, hypertable_name)
    WHERE j.proc_name IN ('policy_compression', 'policy_columnstore') AND NOT c.is_compressed
      AND c.range_end <= least(%(until)s, %(now)s - (j.config ->> 'compress_after')::interval)
    ORDER BY c.range_end
"""
_BYTES_PLAIN = """
    SELECT pg_total_relation_size(whole) + coalesce(sum(pg_total_relation_size(part.relid)), 0)
    FROM CAST(%s AS regclass) AS whole LEFT JOIN LATERAL pg_partition_tree(whole) AS part ON part.relid <> whole
    GROUP BY whole
"""
# Of a table that has no chunks the first is null.
_BYTES_CHUNKS = """
    SELECT coalesce(hypertable_size(whole), pg_total_relation_size(whole)) FROM CAST(%s AS regclass) AS whole
"""
_MOVED = """
    SELECT coalesce(sum(before_compression_total_bytes), 0), coalesce(sum(after_compression_total_bytes), 0),
           count(*) FILTER (WHERE compression_status = 'Compressed'), count(*)
    FROM chunk_compression_stats(%s::regclass)
"""


def pause_jobs(place: Place) -> None:
    if place.timescale:
        with psycopg.connect(place.admin, autocommit=True) as admin:
            admin.execute(_PAUSE)


def move_due_chunks(place: Place, *, until: datetime, now: datetime) -> None:
    """What the policies would have moved by `now`, of chunks that end by `until`."""
    if not place.timescale:
        return
    with psycopg.connect(place.admin, autocommit=True) as admin:
        for (chunk,) in admin.execute(_DUE, {"until": until, "now": now}).fetchall():
            admin.execute("SELECT compress_chunk(%s::regclass)", [chunk])


def bytes_per_event(place: Place, events: int, raw_rows: int) -> dict[str, float]:
    """Table, indexes and TOAST by level, over all events; raw rows over those that are kept."""
    figures: dict[str, float] = {}
    with psycopg.connect(place.admin, autocommit=True) as admin:
        for level in LEVELS:
            size = table_bytes(admin, level, timescale=place.timescale)
            figures[f"bytes_per_event_{level}"] = round(
                float(size) / (raw_rows if level == "usage_events" else events), 2
            )
            if place.timescale:
                before, after, moved, chunks = _row(admin, _MOVED, level)
                if moved:
                    figures[f"columnstore_share_{level}"] = round(float(after) / float(before), 3)
                    figures[f"columnstore_chunks_{level}"] = moved
                    print(
                        f"  {level}: {moved} of {chunks} chunks moved, {before:,} to {after:,} bytes",
                        flush=True,
                    )
    return figures


def table_bytes(admin: psycopg.Connection[Any], table: str, *, timescale: bool) -> int:
    """With indexes and TOAST; of all its parts, where it has any."""
    return int(_row(admin, _BYTES_CHUNKS if timescale else _BYTES_PLAIN, table)[0])


def _row(admin: psycopg.Connection[Any], statement: str, level: str) -> tuple[Any, ...]:
    row = admin.execute(statement.encode(), [f"hub.{level}"]).fetchone()
    assert row is not None
    return tuple(row)
