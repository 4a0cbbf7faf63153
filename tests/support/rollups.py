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


def summed(conn: psycopg.Connection[Any], unit: str, table: str = "hub.usage_1m") -> Rows:
    """What the coarse table must hold: the minute rows added up, sketches merged by the core."""
    columns = ", ".join(f"array_agg({name})" if name in SKETCHES else f"sum({name})" for name in MEASURES)
    keys = f"tenant_id, date_trunc('{unit}', bucket, 'UTC'), series_id"
    query = f"SELECT {keys}, {columns} FROM {table} GROUP BY 1, 2, 3"
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


DIMENSIONS = (
    "provider", "provider_account", "model", "operation", "service_tier", "environment", "project", "status",
)  # fmt: skip
Facets = dict[tuple[int, str, datetime, str], dict[str, Any]]
"""Measures by (tenant_id, dimension, bucket, value)."""


def facets(conn: psycopg.Connection[Any], table: str) -> Facets:
    """The rows of usage_1h_facet or usage_1d_facet by their key."""
    found = conn.execute(
        f"SELECT tenant_id, dimension, bucket, value, {', '.join(MEASURES)} FROM hub.{table}"
    )
    return {row[:4]: dict(zip(MEASURES, row[4:], strict=True)) for row in found}


def summed_facets(conn: psycopg.Connection[Any], unit: str, table: str = "hub.usage_1m") -> Facets:
    """What the facets must hold: the minute rows added up along every dimension; a lost series has none of them."""
    names = _series(conn)
    rows: Facets = {}
    for (tenant, bucket, series), measures in summed(conn, unit, table).items():
        of_series = names.get((tenant, series), dict.fromkeys(DIMENSIONS, ""))
        for dimension, value in {"": "", **of_series}.items():
            key = (tenant, dimension, bucket, value)
            rows[key] = _added(rows[key], measures) if key in rows else measures
    return rows


def minute_totals(conn: psycopg.Connection[Any]) -> dict[tuple[int, datetime], dict[str, Any]]:
    """The rows of usage_1m_total by (tenant_id, bucket)."""
    found = conn.execute(f"SELECT tenant_id, bucket, {', '.join(MEASURES)} FROM hub.usage_1m_total")
    return {row[:2]: dict(zip(MEASURES, row[2:], strict=True)) for row in found}


def summed_minutes(
    conn: psycopg.Connection[Any], table: str = "hub.usage_1m"
) -> dict[tuple[int, datetime], dict[str, Any]]:
    """What they must hold."""
    rows: dict[tuple[int, datetime], dict[str, Any]] = {}
    for (tenant, bucket, _), measures in summed(conn, "minute", table).items():
        key = (tenant, bucket)
        rows[key] = _added(rows[key], measures) if key in rows else measures
    return rows


def gaps(conn: psycopg.Connection[Any]) -> list[tuple[str, datetime]]:
    """(dimension, hour) without a facet, of all tenants."""
    return conn.execute("SELECT dimension, hour FROM hub.rollup_facet_gaps ORDER BY 1, 2").fetchall()


def _series(conn: psycopg.Connection[Any]) -> dict[tuple[int, int], dict[str, str]]:
    found = conn.execute(f"SELECT tenant_id, series_id, {', '.join(DIMENSIONS)} FROM hub.series")
    return {row[:2]: dict(zip(DIMENSIONS, row[2:], strict=True)) for row in found}


def _added(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sketch_merge([one[name], other[name]]) if name in SKETCHES else one[name] + other[name]
        for name in MEASURES
    }
