"""Seeded, realistic usage events as NDJSON: the input of every benchmark.

In: a count and a seed. Out: a cached NDJSON file of about 570 bytes an event, and its cut into messages of 500.
Shape: 30 models, 200 projects, 50,000 users (all zipf-like), 50 tenants (one a message), one hour of traffic,
lognormal tokens and latencies, 3 % errors. Made column-wise in Polars, so a million events take seconds.
"""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl

EVENTS_A_MESSAGE = 500
TENANTS = 50
PROJECTS = 200
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR_US = 3_600_000_000
SPACING_US = 3_600
"""Between two events: a million fill the hour. More of them lie closer, so that time never runs backwards."""

MODELS = {
    "openai": [
        "gpt-4o",
        "gpt-4o-mini",
        "gpt-4.1",
        "gpt-4.1-mini",
        "gpt-4.1-nano",
        "o3",
        "o4-mini",
        "gpt-5",
        "gpt-5-mini",
    ],
    "anthropic": ["claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5", "claude-3-5-haiku-20241022"],
    "google": ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.0-flash"],
    "mistral": ["mistral-large-latest", "mistral-small-latest", "codestral-latest", "ministral-8b-latest"],
    "deepseek": ["deepseek-chat", "deepseek-reasoner"],
    "groq": ["llama-3.3-70b-versatile", "llama-3.1-8b-instant"],
    "cohere": ["command-r-plus", "command-r"],
    "x-ai": ["grok-4", "grok-3-mini"],
    "internal": ["house-model-7b"],
}
_PAIRS = [(provider, model) for provider, models in MODELS.items() for model in models]


def uniform(seed: int) -> pl.Expr:
    """Uniform floats in [0, 1) per row, fixed by the seed."""
    return pl.col("i").hash(seed=seed).floordiv(2048).cast(pl.Float64) / float(1 << 53)


def zipf(seed: int, n: int) -> pl.Expr:
    """Indices in [0, n) with density close to 1/rank (inverse of the log-uniform law)."""
    return ((float(n) ** uniform(seed)) - 1.0).cast(pl.Int64).clip(0, n - 1)


def lognormal(seed: int, median: float, sigma: float) -> pl.Expr:
    """Lognormal values by Box and Muller from two uniform draws."""
    radius = (-2.0 * (1.0 - uniform(seed)).log()).sqrt()
    return (radius * (6.283185307179586 * uniform(seed + 1000)).cos() * sigma).exp() * median


def hexadecimal(seed: int, digits: int) -> pl.Expr:
    """Random hexadecimal text of up to 16 digits."""
    table = [f"{n:04x}" for n in range(1 << 16)]
    words = pl.Series("words", table)
    parts = [
        pl.lit(words).gather((pl.col("i").hash(seed=seed) // (1 << (16 * k))) % 65536)
        for k in range((digits + 3) // 4)
    ]
    return pl.concat_str(parts).str.slice(0, digits)


def frame(
    events: int, seed: int = 7, first: int = 0, projects: int = PROJECTS, spacing_us: int = SPACING_US
) -> pl.DataFrame:
    """Canonical events as columns; row `i` is the same whatever the count."""
    providers = pl.Series([p for p, _ in _PAIRS])
    models = pl.Series([m for _, m in _PAIRS])
    statuses = pl.Series(["ok"] * 97 + ["rate_limited", "timeout", "server_error"])
    out = pl.DataFrame({"i": pl.int_range(first, first + events, eager=True)})
    out = out.with_columns(
        pair=zipf(seed, len(_PAIRS)),
        input_tokens=lognormal(seed + 1, 900.0, 1.2).clip(1, 200_000).cast(pl.Int64),
        output_tokens=lognormal(seed + 2, 220.0, 1.0).clip(1, 16_000).cast(pl.Int64),
        latency_ms=lognormal(seed + 3, 1800.0, 0.8).clip(20, 600_000).round(3),
    ).with_columns(
        cache_read_tokens=(pl.col("input_tokens") * uniform(seed + 4)).cast(pl.Int64),
        output_reasoning_tokens=pl.when(uniform(seed + 5) < 0.2)
        .then(pl.col("output_tokens") * 2)
        .otherwise(0),
        ttft_ms=(pl.col("latency_ms") * 0.2).round(3),
    )
    spread_us = pl.col("i") * spacing_us + (uniform(seed + 6) * 2_000_000).cast(pl.Int64)
    time = (
        pl.lit(START).dt.replace_time_zone(None) + pl.duration(microseconds=spread_us % HOUR_US)
    ).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    return out.select(
        id=pl.concat_str(
            [hexadecimal(seed + 7, 8), pl.lit("-"), hexadecimal(seed + 8, 12), pl.lit("-"), pl.col("i")]
        ),
        source=pl.format("gateway-eu-{}", pl.col("i") % 4),
        time=time,
        provider=pl.lit(providers).gather(pl.col("pair")),
        model=pl.lit(models).gather(pl.col("pair")),
        operation=pl.lit("chat"),
        service_tier=pl.lit("default"),
        environment=pl.lit("production"),
        project=pl.format("project-{}", zipf(seed + 9, projects)),
        status=pl.lit(statuses).gather((uniform(seed + 10) * 100).cast(pl.Int64)),
        user=pl.format("user-{}", zipf(seed + 11, 50_000)),
        session=pl.concat_str([pl.lit("s-"), hexadecimal(seed + 12, 12)]),
        api_key=pl.concat_str([pl.lit("key-"), hexadecimal(seed + 16, 8)]),
        agent=pl.format("agent-{}", pl.col("i") % 7),
        region=pl.lit("eu-central-1"),
        trace_id=pl.concat_str([hexadecimal(seed + 13, 16), hexadecimal(seed + 14, 16)]),
        span_id=hexadecimal(seed + 15, 16),
        usage=pl.struct("input_tokens", "cache_read_tokens", "output_tokens", "output_reasoning_tokens"),
        latency_ms="latency_ms",
        ttft_ms="ttft_ms",
    )


def ndjson_file(events: int, seed: int = 7, projects: int = PROJECTS) -> Path:
    """The cached NDJSON file of so many events; made on first use, in slices to bound memory."""
    folder = Path(tempfile.gettempdir()) / f"llm-analytics-hub-bench-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    path = folder / f"events-{events}-{seed}-{projects}-in-order.ndjson"
    if not path.exists():
        partial = path.with_suffix(".partial")
        with partial.open("wb") as out:
            for first in range(0, events, 250_000):
                count = min(250_000, events - first)
                frame(count, seed, first, projects, min(SPACING_US, HOUR_US // events)).write_ndjson(out)
        partial.rename(path)
    return path


def messages(data: bytes, events_each: int = EVENTS_A_MESSAGE) -> list[memoryview]:
    """The body cut at line ends into messages of `events_each` events (views, no copies)."""
    view, cuts, at, lines = memoryview(data), [0], 0, 0
    while (at := data.find(b"\n", at)) >= 0:
        at, lines = at + 1, lines + 1
        if lines % events_each == 0:
            cuts.append(at)
    if cuts[-1] != len(data):
        cuts.append(len(data))
    return [view[a:b] for a, b in pairwise(cuts)]
