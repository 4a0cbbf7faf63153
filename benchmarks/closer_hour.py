"""One crowded hour of one tenant, as the flushes leave it for the closer.

In: an empty database, how many minute rows and series. Out: the rows are in, analysed, and their hour is marked on
demand. Every series has as many rows as any other; a row is one event, which at the flush cadence most deltas are.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import psycopg

from analytics_hub.domain.tenant import NewTenant, TenantId
from analytics_hub.storage.connections import connect
from analytics_hub.storage.statements import statements
from analytics_hub.storage.tenant_store import PostgresTenantStore
from benchmarks.events import MODELS, lognormal
from benchmarks.query_rows import PARTITIONS, SECOND_US, delta_frame
from benchmarks.query_server import Place
from rust_core import DELTA_COLUMNS

HOUR = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECONDS = 3600
PROJECTS = 200
SEED = 11
_STEP = 7919
"""A prime: successive rows are of series far apart, and no series comes twice in a second."""
_MODELS = [(provider, model) for provider, models in MODELS.items() for model in models]


@dataclass(frozen=True)
class CrowdedHour:
    """The hour in the database of `place`."""

    place: Place
    tenant: TenantId
    rows: int

    def bounds(self) -> dict[str, Any]:
        return {"tenant_id": self.tenant, "start": HOUR, "stop": HOUR.replace(hour=HOUR.hour + 1)}

    def open_again(self, admin: psycopg.Connection[Any]) -> None:
        """As before it was closed: marked, and without a coarse row."""
        for table in ("usage_1h", "usage_1h_facet", "usage_1m_total", "rollup_marks"):
            admin.execute(f"DELETE FROM hub.{table}")
            admin.execute(f"VACUUM hub.{table}")
        admin.execute(
            "INSERT INTO hub.rollup_marks (tenant_id, hour, flush_id) VALUES (%s, %s, 1)", [self.tenant, HOUR]
        )


def make_hour(place: Place, rows: int, series: int) -> CrowdedHour:
    """Into an empty database."""
    hub = place.hub()
    with connect(hub.dsn("hub_maint"), "bench") as conn:
        tenant = PostgresTenantStore(conn).create(NewTenant("bench")).tenant_id
    deltas = delta_frame(event_frame(tenant, rows, series)).select(DELTA_COLUMNS)
    with connect(hub.dsn("hub_writer"), "bench") as conn:
        conn.execute(statements("flush")["ensure_days"], {"days": [HOUR.date()]})
        names = series_frame(tenant, series)
        _copy(conn, f"COPY hub.series ({', '.join(names.columns)}) FROM STDIN (FORMAT csv)", names)
        _copy(conn, statements("flush")["copy_deltas"].replace("binary", "csv"), deltas)
    with psycopg.connect(place.admin, autocommit=True) as admin:
        admin.execute("VACUUM (ANALYZE)")
    return CrowdedHour(place, tenant, deltas.height)


def series_frame(tenant: int, count: int) -> pl.DataFrame:
    """Thirty models, then projects, then environments: all of them different."""
    number = pl.col("series_id") - 1
    pair = number % len(_MODELS)
    return pl.DataFrame({"series_id": pl.int_range(1, count + 1, eager=True)}).select(
        pl.lit(tenant).alias("tenant_id"),
        "series_id",
        provider=pl.lit(pl.Series([provider for provider, _ in _MODELS])).gather(pair),
        model=pl.lit(pl.Series([model for _, model in _MODELS])).gather(pair),
        operation=pl.lit("chat"),
        environment=pl.format("environment-{}", number // (len(_MODELS) * PROJECTS)),
        project=pl.format("project-{}", number // len(_MODELS) % PROJECTS),
        status=pl.lit("ok"),
    )


def event_frame(tenant: int, rows: int, series: int) -> pl.DataFrame:
    """One event a row, with the flush that brought it."""
    first_us = int(HOUR.timestamp()) * SECOND_US
    second = pl.col("i") * SECONDS // rows + first_us // SECOND_US
    frame = pl.DataFrame({"i": pl.int_range(rows, eager=True)}).with_columns(
        tenant_id=pl.lit(tenant),
        series_id=pl.col("i") * _STEP % series + 1,
        flush_id=second * PARTITIONS + pl.col("i") % PARTITIONS,
        input_tokens=lognormal(SEED, 900.0, 1.2).clip(1, 200_000).cast(pl.Int64),
        output_tokens=lognormal(SEED + 1, 220.0, 1.0).clip(1, 16_000).cast(pl.Int64),
        latency_us=lognormal(SEED + 2, 1_800_000.0, 0.8).clip(20_000, 600_000_000).cast(pl.Int64),
    )
    return frame.with_columns(
        cache_read_tokens=pl.col("input_tokens") // 2,
        output_reasoning_tokens=pl.lit(0),
        ttft_us=pl.col("latency_us") // 5,
        cost_input_pico_usd=pl.col("input_tokens") * 1_250_000,
        cost_cache_read_pico_usd=pl.col("input_tokens") // 2 * 125_000,
        cost_output_pico_usd=pl.col("output_tokens") * 10_000_000,
        error=pl.lit(False),
        priced=pl.lit(True),
    )


def _copy(conn: psycopg.Connection[Any], statement: str, rows: pl.DataFrame) -> None:
    out = io.BytesIO()
    rows.write_csv(out, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.f+00")
    with conn.cursor() as cursor, cursor.copy(statement.encode()) as into:
        into.write(out.getvalue())
