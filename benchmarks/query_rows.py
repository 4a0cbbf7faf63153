"""A day of events as rows of the hub's tables, in CSV for COPY: what the flushes of that day would have written.

In: `day_events`. Out: bytes for usage_1m, rollup_marks, usage_user_1d, usage_events and ingest_ledger. A flush is one
second of one of four partitions, and an event comes by any of them: at 40 events a second nearly every event is a delta
of its own, as in production. Sketches are the core's own bytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from analytics_hub.domain.series import SUM_COLUMNS
from benchmarks.events import hexadecimal
from benchmarks.query_data import MINUTE_US, World
from rust_core import DELTA_COLUMNS, sketch_encode

PARTITIONS = 4
SECOND_US = 1_000_000
HOUR_US = 60 * MINUTE_US
_SUMMED = (
    "input_tokens", "cache_read_tokens", "output_tokens", "output_reasoning_tokens", "cost_input_pico_usd",
    "cost_cache_read_pico_usd", "cost_output_pico_usd",
)  # fmt: skip
_FIRST_LOG_BIN = 2
_LOG_BINS = 378


@dataclass(frozen=True)
class DayRows:
    """CSV by table."""

    deltas: bytes
    marks: bytes
    ledger: bytes
    users: bytes
    events: bytes
    """Empty for a day whose events are not kept."""
    delta_count: int


def day_rows(world: World, day: pl.DataFrame, *, keep_events: bool, open_from: datetime | None) -> DayRows:
    """Hours from `open_from` on keep one mark a flush, as they have before they are closed."""
    flushed = _with_flush(world, day)
    deltas = delta_frame(flushed)
    return DayRows(
        deltas=_csv(deltas.select(DELTA_COLUMNS)),
        marks=_csv(_marks(flushed, open_from)),
        ledger=_csv(_ledger(flushed)),
        users=_csv(user_frame(flushed)),
        events=_csv(_event_frame(flushed)) if keep_events else b"",
        delta_count=deltas.height,
    )


def _with_flush(world: World, day: pl.DataFrame) -> pl.DataFrame:
    series = world.series.select(
        "series_id", "error", priced=pl.col("price") > 0, series=pl.int_range(pl.len(), dtype=pl.UInt32)
    )
    partition = pl.col("i").hash(seed=1) % PARTITIONS
    flush = (pl.col("ts_us") // SECOND_US * PARTITIONS + partition.cast(pl.Int64)).alias("flush_id")
    return day.join(series, on="series", how="left", maintain_order="left").with_columns(flush)


def delta_frame(flushed: pl.DataFrame) -> pl.DataFrame:
    """One row a flush, tenant and series, in the order in which flushes would have written them. A flush does not reach
    over a minute."""
    keys = ("flush_id", "tenant_id", "series_id")
    grouped = flushed.group_by(keys).agg(pl.len().cast(pl.Int64).alias("events"), *_sums()).sort(keys)
    values = flushed.select(*keys, "latency_us", "ttft_us")
    return grouped.with_columns(
        bucket=_moment(pl.col("flush_id") // PARTITIONS * SECOND_US // MINUTE_US * MINUTE_US),
        kind=pl.lit(0),
        latency_sketch=_sketches(grouped, values, keys, "latency"),
        ttft_sketch=_sketches(grouped, values, keys, "ttft"),
        **{name: pl.lit(0) for name in DELTA_COLUMNS if name in SUM_COLUMNS and name not in grouped.columns},
    )


def _sums() -> list[pl.Expr]:
    tokens = pl.sum_horizontal(name for name in _SUMMED if name.endswith("_tokens"))
    return [
        pl.col("error").sum().cast(pl.Int64).alias("errors"),
        *(pl.col(name).sum() for name in _SUMMED),
        (~pl.col("priced")).sum().cast(pl.Int64).alias("unpriced_events"),
        tokens.filter(~pl.col("priced")).sum().alias("unpriced_tokens"),
        pl.col("latency_us").sum().alias("latency_us_sum"),
        pl.col("latency_us").count().cast(pl.Int64).alias("latency_count"),
        pl.col("ttft_us").sum().alias("ttft_us_sum"),
        pl.col("ttft_us").count().cast(pl.Int64).alias("ttft_count"),
    ]


def _sketches(grouped: pl.DataFrame, values: pl.DataFrame, keys: tuple[str, ...], timing: str) -> pl.Series:
    """Hexadecimal bytea. A sketch of one value is looked up by its bin; the core writes those of several."""
    table = pl.Series([_bytea([value]) for value in bin_starts()])
    bins = pl.Series(bin_starts()).search_sorted(grouped[f"{timing}_us_sum"], side="right").cast(pl.Int64) - 1
    several = grouped.select(*keys, pl.int_range(pl.len()).alias("at")).filter(grouped[f"{timing}_count"] > 1)
    lists = values.join(several, on=keys).drop_nulls(f"{timing}_us").group_by("at").agg(f"{timing}_us")
    encoded = [_bytea(one) for one in lists[f"{timing}_us"].to_list()]
    count = grouped[f"{timing}_count"]
    out = pl.DataFrame({"one": table.gather(bins), "count": count}).select(
        pl.when(pl.col("count") == 0).then(pl.lit("\\x")).otherwise("one")
    ).to_series()  # fmt: skip
    return out.scatter(lists["at"], encoded) if encoded else out


def _bytea(values_us: list[int]) -> str:
    return "\\x" + sketch_encode(values_us).hex()


def bin_starts() -> list[int]:
    """The smallest value of every bin of a sketch, as `rust_core/core/src/sketch/bins.rs` has them."""
    starts, power = [0, 1], 1000 << 64
    for _ in range(_LOG_BINS):
        starts.append((power + (1 << 64) - 1) >> 64)
        power = power * 51 // 49
    return [*starts, 3_600_000_000]


def _marks(flushed: pl.DataFrame, open_from: datetime | None) -> pl.DataFrame:
    open_us = int(open_from.timestamp()) * SECOND_US if open_from else 1 << 62
    hour_us = pl.col("ts_us") // HOUR_US * HOUR_US
    flush = pl.when(pl.col("ts_us") >= open_us).then("flush_id").otherwise(1)
    marks = flushed.select("tenant_id", hour_us.alias("hour"), flush.alias("flush_id"))
    return marks.unique().sort("flush_id", "tenant_id", "hour").with_columns(_moment(pl.col("hour")))


def _ledger(flushed: pl.DataFrame) -> pl.DataFrame:
    """One row a tenant and hour, where production has one a flush as well: no question here reads it."""
    hour = (pl.col("ts_us") // HOUR_US * HOUR_US).alias("hour")
    counted = flushed.group_by("tenant_id", hour).agg(received=pl.len()).sort("tenant_id", "hour")
    return counted.select(
        "tenant_id", _moment(pl.col("hour")).alias("hour"), pl.lit(1).alias("flush_id"), "received",
        pl.col("received").alias("stored"), pl.lit(0).alias("duplicate"), pl.lit(0).alias("rejected"),
    )  # fmt: skip


def user_frame(flushed: pl.DataFrame) -> pl.DataFrame:
    """usage_user_1d of the day."""
    grouped = flushed.group_by("tenant_id", "user").agg(pl.len().cast(pl.Int64).alias("events"), *_sums())
    day = flushed["ts_us"][0] // (24 * HOUR_US) * 24 * HOUR_US
    return grouped.sort("tenant_id", "user").select(
        "tenant_id",
        bucket=_moment(pl.lit(day)),
        user_id=pl.format("user-{}", "user"),
        **{name: pl.col(name) if name in grouped.columns else pl.lit(0) for name in SUM_COLUMNS},
    )


EVENT_COLUMNS = (
    "tenant_id", "ts", "event_key", "series_id", "received_at", "source", "event_id", "user_id", "session_id",
    "api_key_id", "agent", "region", "trace_id", "span_id", "input_tokens", "cache_read_tokens", "output_tokens",
    "output_reasoning_tokens", "latency_us", "ttft_us", "cost_input_pico_usd", "cost_cache_read_pico_usd",
    "cost_output_pico_usd", "cost_status",
)  # fmt: skip
_UNPRICED = 2


def _event_frame(flushed: pl.DataFrame) -> pl.DataFrame:
    """usage_events in order of arrival; counts that are zero are NULL there."""
    optional = ("cache_read_tokens", "output_reasoning_tokens", "cost_cache_read_pico_usd")
    rows = flushed.sort("flush_id", "tenant_id", "ts_us", "i").with_columns(
        ts=_moment(pl.col("ts_us")),
        received_at=_moment(pl.col("ts_us") + 150_000),
        event_key=pl.concat_str(hexadecimal(41, 16), hexadecimal(42, 16)),
        source=pl.format("gateway-eu-{}", pl.col("i") % 4),
        event_id=pl.concat_str(
            hexadecimal(43, 8), pl.lit("-"), hexadecimal(44, 12), pl.lit("-"), pl.col("i")
        ),
        user_id=pl.format("user-{}", "user"),
        session_id=pl.concat_str(pl.lit("s-"), hexadecimal(45, 12)),
        api_key_id=pl.format("key-{}", pl.col("user") % 100),
        agent=pl.format("agent-{}", pl.col("i") % 7),
        region=pl.lit("eu-central-1"),
        trace_id=pl.concat_str(hexadecimal(46, 16), hexadecimal(47, 16)),
        span_id=hexadecimal(48, 16),
        cost_status=pl.when("priced").then(0).otherwise(_UNPRICED),
        **{name: pl.when(pl.col(name) != 0).then(name) for name in optional},
    )
    return rows.select(EVENT_COLUMNS)


def _moment(us: pl.Expr) -> pl.Expr:
    return us.cast(pl.Datetime("us", "UTC"))


def _csv(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_csv(out, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.f+00")
    return out.getvalue()
