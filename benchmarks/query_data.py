"""A month of usage of fifty tenants, seeded: what the query benchmark asks about.

In: a number of events. Out: `World` (tenants, series, the length of each day) and `day_events`, one day as columns,
sorted by tenant and time. The same day comes out the same, whatever days are made beside it.
Shape: tenants zipf-like, the largest about a fifth of all; some 10,000 series, the largest tenant 2,000 of them; 8
providers, 25 models, 40 projects, a declared tag `team` with 20 values; nights are quiet; 50,000 end-users shared out
as the traffic is; lognormal tokens and latencies; seven events in ten tell their time to first token.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from benchmarks.events import lognormal, uniform, zipf

TENANTS = 50
TENANT_SKEW = 0.97
"""Exponent of the zipf law: the largest tenant has 21 % of all events."""
SERIES_MAX = 2_000
SERIES_SKEW = 0.92
USERS = 50_000
PROJECTS, TEAMS = 40, 20
FIRST_DAY = datetime(2026, 10, 21, tzinfo=UTC)
WHOLE_DAYS = 30
LAST_DAY = FIRST_DAY + timedelta(days=WHOLE_DAYS)
"""The day that is not over."""
NOW = LAST_DAY + timedelta(hours=9, minutes=37)
"""The data ends here."""
SEED = 5
MINUTES = 1440
MINUTE_US = 60_000_000
_DAY_US = MINUTES * MINUTE_US

_PROVIDERS = ("openai", "anthropic", "google", "mistral", "deepseek", "groq", "cohere", "internal")
MODELS = tuple(f"{_PROVIDERS[n % len(_PROVIDERS)]}-model-{n:02}" for n in range(25))
UNPRICED_MODEL = MODELS[7]
"""The house's own model: its tokens have no price."""
STATUSES = ("timeout", "rate_limited", "server_error")


@dataclass(frozen=True)
class World:
    """What all days share. `series` has a row a series, ordered by tenant and rank."""

    events: int
    tenants: pl.DataFrame
    series: pl.DataFrame
    minute_shares: list[float]
    """Share of a day's events before each minute, and 1.0."""

    def day_count(self, day: int) -> int:
        """Events of a day; the last one is cut off at NOW."""
        whole = self.events / (WHOLE_DAYS + self._last_share)
        if day < WHOLE_DAYS:
            return round(whole)
        return self.events - WHOLE_DAYS * round(whole)

    @property
    def _last_share(self) -> float:
        return self.minute_shares[_minutes_of_last_day()]

    def day_share(self, day: int) -> float:
        """How much of the curve of a day its events fill."""
        return 1.0 if day < WHOLE_DAYS else self._last_share


def make_world(events: int) -> World:
    tenants = _tenants()
    return World(events, tenants, _series(tenants), _minute_shares())


def _minutes_of_last_day() -> int:
    return int((NOW - LAST_DAY).total_seconds()) // 60


def _minute_shares() -> list[float]:
    rates = [1 + 0.6 * math.cos(2 * math.pi * (minute - 15 * 60) / MINUTES) for minute in range(MINUTES)]
    total = sum(rates)
    return [0.0, *(part / total for part in itertools.accumulate(rates[:-1])), 1.0]


def _tenants() -> pl.DataFrame:
    """Numbers 1 to 50 with their share of the traffic, their number of series and of end-users."""
    weights = [rank**-TENANT_SKEW for rank in range(1, TENANTS + 1)]
    shares = [weight / sum(weights) for weight in weights]
    return pl.DataFrame(
        {
            "tenant_id": range(1, TENANTS + 1),
            "share": shares,
            "below": [0.0, *itertools.accumulate(shares)][:TENANTS],
            "series": [max(40, round(SERIES_MAX * rank**-SERIES_SKEW)) for rank in range(1, TENANTS + 1)],
            "users": [max(20, round(USERS * share)) for share in shares],
        }
    )


def _series(tenants: pl.DataFrame) -> pl.DataFrame:
    """Distinct combinations of dimensions, as many as each tenant has, the busiest first."""
    drawn = tenants.select("tenant_id", "series").with_columns(
        draw=pl.int_ranges(pl.col("series") * 4)  # combinations come twice: some are left over
    )
    drawn = drawn.explode("draw").with_columns(i=pl.col("tenant_id") * 100_000 + pl.col("draw"))
    status = pl.when(uniform(SEED + 1) < 0.94).then(pl.lit("ok")).otherwise(
        pl.lit(pl.Series(STATUSES)).gather((uniform(SEED + 2) * len(STATUSES)).cast(pl.Int64))
    )  # fmt: skip
    drawn = drawn.with_columns(
        model=pl.lit(pl.Series(MODELS)).gather(zipf(SEED + 3, len(MODELS) + 1)),
        project=pl.format("project-{}", zipf(SEED + 4, PROJECTS + 1)),
        team=pl.format("team-{}", (uniform(SEED + 5) * TEAMS).cast(pl.Int64)),
        environment=pl.when(uniform(SEED + 6) < 0.75).then(pl.lit("production")).otherwise(pl.lit("staging")),
        status=status,
    )
    key = ("tenant_id", "model", "project", "team", "environment", "status")
    kept = drawn.unique(key, keep="first", maintain_order=True).with_columns(
        rank=pl.int_range(pl.len()).over("tenant_id")
    )
    kept = kept.filter(pl.col("rank") < pl.col("series"))
    prices = pl.Series([pico_usd_per_token(model) for model in MODELS])
    number = pl.col("model").str.slice(-2).cast(pl.Int64)
    return kept.select(
        *key,
        "rank",
        provider=pl.col("model").str.split("-model-").list.first(),
        operation=pl.lit("chat"),
        service_tier=pl.lit("default"),
        provider_account=pl.lit("main"),
        series_id=pl.col("i").hash(seed=SEED).reinterpret(signed=True),
        price=pl.lit(prices).gather(number),
        error=pl.col("status") != "ok",
    )


def pico_usd_per_token(model: str) -> int:
    """Of a token of input: 0.05 to 15 USD a million; one of output costs four times as much, a cached one a tenth."""
    return (
        0
        if model == UNPRICED_MODEL
        else (50_000, 150_000, 400_000, 1_250_000, 3_000_000, 15_000_000)[hash_of(model)]
    )


def hash_of(model: str) -> int:
    """A class of price: the same in every process."""
    return sum(model.encode()) % 6


def day_events(world: World, day: int) -> pl.DataFrame:
    """The events of one day, sorted by tenant and time. `series` is the row in `world.series`."""
    count = world.day_count(day)
    first = day * (1 << 32)
    out = pl.DataFrame({"i": pl.int_range(first, first + count, eager=True)})
    tenant = _row_of(world.tenants["below"], uniform(SEED + 20))
    kept = world.series.group_by("tenant_id", maintain_order=True).len("series")
    sizes = kept["series"]
    starts = sizes.cum_sum() - sizes
    out = out.with_columns(
        tenant=tenant, at_us=_time_of_day_us(world, uniform(SEED + 21) * world.day_share(day))
    ).with_columns(
        series=_drawn(sizes, uniform(SEED + 22)) + pl.lit(starts.cast(pl.Int64)).gather(pl.col("tenant"))
    )
    out = out.with_columns(_measures())
    out = out.with_columns(_costs(world.series))
    return out.select(
        "i",
        (pl.col("tenant") + 1).cast(pl.Int32).alias("tenant_id"),
        (pl.col("at_us") + _epoch_us(day)).alias("ts_us"),
        pl.col("series").cast(pl.UInt32),
        _drawn(world.tenants["users"], uniform(SEED + 23)).cast(pl.Int32).alias("user"),
        pl.exclude("i", "tenant", "at_us", "series"),
    ).sort("tenant_id", "ts_us", "i")


def _epoch_us(day: int) -> int:
    return int(FIRST_DAY.timestamp()) * 1_000_000 + day * _DAY_US


def _row_of(borders: pl.Series, drawn: pl.Expr) -> pl.Expr:
    """The last row whose border is not above what was drawn."""
    return drawn.map_batches(
        lambda values: borders.search_sorted(values, side="right").cast(pl.Int64) - 1, return_dtype=pl.Int64
    )


def _drawn(sizes: pl.Series, drawn: pl.Expr) -> pl.Expr:
    """A zipf-like place below the size that belongs to the row's tenant."""
    size = pl.lit(sizes.cast(pl.Float64)).gather(pl.col("tenant"))
    return ((size + 1) ** drawn - 1.0).cast(pl.Int64).clip(0, size.cast(pl.Int64) - 1)


def _time_of_day_us(world: World, share: pl.Expr) -> pl.Expr:
    borders = pl.Series(world.minute_shares[:MINUTES])
    minute = _row_of(borders, share)
    return minute * MINUTE_US + (uniform(SEED + 24) * MINUTE_US).cast(pl.Int64)


def _measures() -> list[pl.Expr]:
    latency = lognormal(SEED + 28, 1_800_000.0, 0.8).clip(20_000, 600_000_000).cast(pl.Int64)
    written = lognormal(SEED + 26, 220.0, 1.0).clip(1, 16_000).cast(pl.Int64)
    read = lognormal(SEED + 25, 900.0, 1.2).clip(1, 200_000).cast(pl.Int64)
    thought = uniform(SEED + 27) < 0.2
    return [
        read.alias("input_tokens"),
        pl.when(uniform(SEED + 29) < 0.4).then(read // 2).otherwise(0).alias("cache_read_tokens"),
        written.alias("output_tokens"),
        pl.when(thought).then(written * 2).otherwise(0).alias("output_reasoning_tokens"),
        latency.alias("latency_us"),
        pl.when(uniform(SEED + 30) < 0.7).then(latency // 5).alias("ttft_us"),
    ]


def _costs(series: pl.DataFrame) -> list[pl.Expr]:
    price = pl.lit(series["price"]).gather(pl.col("series"))
    return [
        (price * pl.col("input_tokens")).alias("cost_input_pico_usd"),
        (price // 10 * pl.col("cache_read_tokens")).alias("cost_cache_read_pico_usd"),
        (price * 4 * (pl.col("output_tokens") + pl.col("output_reasoning_tokens"))).alias(
            "cost_output_pico_usd"
        ),
    ]
