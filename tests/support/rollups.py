"""What the rollup tables hold and what they must hold, for tests of the closer and of interleavings.

In: a connection of hub_maint. Out: rows by their key, measures by name; sketches in canonical form.
"""

from datetime import datetime
from typing import Any

import psycopg

from rust_core import sketch_merge
from tests.support.deltas import MEASURES, SKETCHES

Rows = dict[tuple[int, datetime, int], dict[str, Any]]
"""Measures by (tenant_id, bucket, series_id)."""


def coarse(conn: psycopg.Connection[Any], table: str) -> Rows:
    """The rows of usage_1h or usage_1d by their key."""
    found = conn.execute(f"SELECT tenant_id, bucket, series_id, {', '.join(MEASURES)} FROM hub.{table}")
    return {row[:3]: dict(zip(MEASURES, row[3:], strict=True)) for row in found}


def summed(conn: psycopg.Connection[Any], unit: str) -> Rows:
    """What the coarse table must hold: the minute rows added up, sketches merged by the core."""
    columns = ", ".join(f"array_agg({name})" if name in SKETCHES else f"sum({name})" for name in MEASURES)
    keys = f"tenant_id, date_trunc('{unit}', bucket, 'UTC'), series_id"
    query = f"SELECT {keys}, {columns} FROM hub.usage_1m GROUP BY 1, 2, 3"
    rows = {row[:3]: dict(zip(MEASURES, row[3:], strict=True)) for row in conn.execute(query)}
    for measures in rows.values():
        measures |= {name: sketch_merge(measures[name]) for name in SKETCHES}
    return rows


def marks(conn: psycopg.Connection[Any]) -> tuple[int, int]:
    """How many hour marks and day marks there are, of all tenants."""
    row = conn.execute(
        "SELECT (SELECT count(*) FROM hub.rollup_marks), (SELECT count(*) FROM hub.rollup_day_marks)"
    ).fetchone()
    assert row is not None
    return row[0], row[1]
