"""Tenants with weeks of hours as a closer leaves them: one of them closed by the closer itself, its rows copied to the
others.

In: a `Place` with nothing in it, how many tenants, how many days. Out: rows up to `END`. Three projects and three
models, a series each pair, more by day than by night. Each other tenant has the same rows with counts and money times a
factor of its own, but for one in fifty, whose newest hour is ten times as busy.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.domain.series import SUM_COLUMNS
from analytics_hub.domain.tenant import NewTenant, TenantId
from analytics_hub.storage.closer import CloserLimits, close_due
from analytics_hub.storage.connections import connect
from analytics_hub.storage.statements import statements
from analytics_hub.storage.tenant_store import PostgresTenantStore
from benchmarks.query_server import Place

END: Final = datetime(2026, 11, 20, 10, tzinfo=UTC)
PROJECTS: Final = 3
MODELS: Final = 3
ODD_EACH: Final = 50
_DAY: Final = timedelta(days=1)
_LIMITS: Final = CloserLimits(statistics_hours=1_000_000)
_FIRST: Final = TenantId(1)
_VALUES: Final = {
    "events": "n",
    "input_tokens": "900 * n",
    "output_tokens": "220 * n",
    "cost_input_pico_usd": "n * 1125000000::int8",
    "cost_output_pico_usd": "n * 2200000000::int8",
    "latency_us_sum": "850000 * n",
    "latency_count": "n",
}
_SKETCHES: Final = ("latency_sketch", "ttft_sketch")
_SERIES: Final = f"""
    INSERT INTO hub.series (tenant_id, series_id, project, model)
    SELECT 1, p * {MODELS} + m + 1, 'project-' || p, 'model-' || m
      FROM generate_series(0, {PROJECTS} - 1) AS p, generate_series(0, {MODELS} - 1) AS m
"""
_FLUSHED: Final = f"""
    INSERT INTO hub.usage_1m (tenant_id, bucket, series_id, kind, {", ".join([*SUM_COLUMNS, *_SKETCHES])})
    SELECT 1, %(start)s + h * interval '1 hour', s, 0,
           {", ".join([*(_VALUES.get(name, "0") for name in SUM_COLUMNS), "''", "''"])}
      FROM generate_series(0, %(hours)s - 1) AS h, generate_series(1, {PROJECTS * MODELS}) AS s,
           LATERAL (SELECT (40 + 30 * sin(h * pi() / 12) + abs(hashint8(h * 101 + s)::int8) %% 9)::int8) AS e (n)
"""
_MARKED: Final = """
    INSERT INTO hub.rollup_marks (tenant_id, hour, flush_id)
    SELECT 1, %(start)s + h * interval '1 hour', nextval('hub.flush_id_seq')
      FROM generate_series(0, %(hours)s - 1) AS h
"""
_SCALED: Final = frozenset(_VALUES)
_COPIED: Final = {
    "series": ("series_id", "project", "model"),
    "usage_1h_facet": ("dimension", "bucket", "value", *SUM_COLUMNS, *_SKETCHES),
    "usage_1d_facet": ("dimension", "bucket", "value", *SUM_COLUMNS, *_SKETCHES),
}
"""What questions of whole hours by project and by model read."""


def make_tenants(place: Place, count: int, days: int) -> None:
    start = END - days * _DAY
    hub = place.hub()
    with connect(hub.dsn("hub_maint"), "bench") as conn:
        store = PostgresTenantStore(conn)
        for number in range(1, count + 1):
            if (made := store.create(NewTenant(f"bench-{number}")).tenant_id) != number:
                raise SystemExit(f"tenant {number} became {made}")
    with connect(hub.dsn("hub_writer"), "bench") as conn:
        ensured = [(start + day * _DAY).date() for day in range(days + 1)]
        conn.execute(statements("flush")["ensure_days"], {"days": ensured})
    with psycopg.connect(place.admin, autocommit=True) as admin:
        for text in (_SERIES, _FLUSHED, _MARKED):
            admin.execute(text.encode(), {"start": start, "hours": days * 24} if "%(" in text else None)
        with connect(hub.dsn("hub_maint"), "bench") as conn:
            if not close_due(conn, END + timedelta(minutes=1), _FIRST, _LIMITS).complete:
                raise SystemExit("the closer left something of the first tenant")
        for table, columns in _COPIED.items():
            _copy(admin, table, columns, count)
        admin.execute("VACUUM (ANALYZE)")


def _copy(admin: psycopg.Connection[Any], table: str, columns: tuple[str, ...], count: int) -> None:
    busy = f"CASE WHEN t %% {ODD_EACH} = 0 AND bucket = %(newest)s THEN 10 ELSE 1 END"
    values = [f"{name} * (1 + t %% 7) * {busy}" if name in _SCALED else name for name in columns]
    text = f"""
        INSERT INTO hub.{table} (tenant_id, {", ".join(columns)})
        SELECT t, {", ".join(values)}
          FROM hub.{table}, generate_series(2, %(count)s) AS t WHERE tenant_id = 1
    """
    admin.execute(text.encode(), {"count": count, "newest": END - timedelta(hours=1)})
