"""The engines of the hot-path benchmark, each run in a process of its own, pinned to one core, one thread.

    python -m benchmarks.hot_path_engines ENGINE FILE

prints one JSON object {"wall_s", "cpu_s", "peak_memory_mb", "rows", "stage_…_s"}. Every engine parses the same bytes
and groups by model, project and minute with sums and a latency quantile. `hub` reads from memory and does more: it
validates, normalises, hashes, prices, groups by the whole series, makes sketches and encodes COPY bytes. DuckDB and
Polars read the file, which the run before has put into the page cache, and parse only the columns that they need.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from benchmarks import events

MESSAGES_A_BATCH = 8
"""4,000 events: a window that stays within one core's cache. 2 to 20 messages differ by 10 %; 100 cost 20 % more."""


STAGE_S: dict[str, float] = {}
"""CPU seconds by stage of the last round, where an engine has stages."""


def run_hub(path: Path) -> Callable[[], int]:
    """Decode, price, roll up and encode: everything the core does for a flush."""
    import rust_core as core  # noqa: PLC0415 - engines import only what they measure
    from analytics_hub.pricing.compile import load_price_book  # noqa: PLC0415

    book = load_price_book()
    received_us = int(events.START.timestamp() * 1_000_000) + 3_600_000_000
    tenants = [core.TenantRules(n + 1, f"tenant-{n + 1}", None, ()) for n in range(events.TENANTS)]
    bodies = events.messages(path.read_bytes())
    inputs = [
        core.Message(
            tenants[n % events.TENANTS], received_us, body, format="ndjson", events=events.EVENTS_A_MESSAGE
        )
        for n, body in enumerate(bodies)
    ]
    limits, cache = core.Limits(), core.SeriesCache()

    def work() -> int:
        rows, lap = 0, _stages()
        for first in range(0, len(inputs), MESSAGES_A_BATCH):
            batch = core.decode(inputs[first : first + MESSAGES_A_BATCH], limits)
            lap("decode")
            batch.price(book)
            lap("price")
            deltas = batch.rollup()
            lap("rollup")
            # All the bytes of a flush, held together as a flush holds them.
            held = [batch.copy_events()]
            lap("encode_events")
            new = cache.missing(batch)
            held += [deltas.copy(), new.copy(), batch.copy_marks(1)]
            held += [batch.copy_ledger(1), batch.copy_dead_letters(1)]
            cache.learn(new)
            rows += len(batch)
            del batch, deltas, held
            lap("encode_rest_and_free")
        return rows

    return work


def _stages() -> Callable[[str], None]:
    """A stopwatch of CPU seconds by stage, from zero; a lap is some 10,000 events long."""
    STAGE_S.clear()
    before = time.thread_time()

    def lap(stage: str) -> None:
        nonlocal before
        now = time.thread_time()
        STAGE_S[stage] = STAGE_S.get(stage, 0.0) + now - before
        before = now

    return lap


def run_duckdb(path: Path) -> Callable[[], int]:
    """DuckDB: typed JSON scan, group by, sums and a quantile; one thread."""
    import duckdb  # noqa: PLC0415

    con = duckdb.connect(config={"threads": 1})
    columns = (
        "{id:'VARCHAR', time:'TIMESTAMP', provider:'VARCHAR', model:'VARCHAR', project:'VARCHAR', status:'VARCHAR',"
        " \"user\":'VARCHAR', usage:'STRUCT(input_tokens BIGINT, cache_read_tokens BIGINT, output_tokens BIGINT,"
        " output_reasoning_tokens BIGINT)', latency_ms:'DOUBLE', ttft_ms:'DOUBLE'}"
    )
    # Into a table: fetching some 100,000 groups as Python objects is no part of the work.
    sql = f"""
        CREATE OR REPLACE TEMP TABLE grouped AS
        SELECT model, project, date_trunc('minute', time) AS minute, count(*) AS n,
               sum(usage.input_tokens), sum(usage.cache_read_tokens), sum(usage.output_tokens),
               sum(usage.output_reasoning_tokens), approx_quantile(latency_ms, 0.95)
        FROM read_json('{path}', format='newline_delimited', columns={columns}) GROUP BY ALL
    """

    def work() -> int:
        con.execute(sql)
        return sum(row[0] for row in con.execute("SELECT sum(n) FROM grouped").fetchall())

    return work


def run_polars(path: Path) -> Callable[[], int]:
    """Polars: lazy NDJSON scan with a schema, group by, sums and a quantile; one thread by environment."""
    import polars as pl  # noqa: PLC0415

    usage = pl.Struct(
        {
            "input_tokens": pl.Int64,
            "cache_read_tokens": pl.Int64,
            "output_tokens": pl.Int64,
            "output_reasoning_tokens": pl.Int64,
        }
    )
    text = ("id", "time", "provider", "model", "project", "status", "user")
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        **dict.fromkeys(text, pl.String),
        "usage": usage,
        "latency_ms": pl.Float64,
        "ttft_ms": pl.Float64,
    }

    def work() -> int:
        out = (
            pl.scan_ndjson(path, schema=schema)
            .with_columns(minute=pl.col("time").str.slice(0, 16))
            .group_by("model", "project", "minute")
            .agg(
                pl.len(),
                *(pl.col("usage").struct.field(f.name).sum() for f in usage.fields),
                pl.col("latency_ms").quantile(0.95).alias("p95"),
            )
            .collect()
        )
        return int(out["len"].sum())

    return work


def run_python(path: Path) -> Callable[[], int]:
    """orjson and a dict of sums: what a hand-written consumer does."""
    bodies = events.messages(path.read_bytes())

    def work() -> int:
        sums: dict[tuple[str, str, str], list[float]] = {}
        for body in bodies:
            for line in bytes(body).split(b"\n"):
                if not line:
                    continue
                event = orjson.loads(line)
                key = (event["model"], event["project"], event["time"][:16])
                row = sums.setdefault(key, [0, 0, 0, 0, 0, 0.0])
                usage = event["usage"]
                row[0] += 1
                row[1] += usage["input_tokens"]
                row[2] += usage["cache_read_tokens"]
                row[3] += usage["output_tokens"]
                row[4] += usage["output_reasoning_tokens"]
                row[5] += event["latency_ms"]
        return int(sum(row[0] for row in sums.values()))

    return work


def run_bare_parse(path: Path) -> Callable[[], int]:
    """orjson.loads of every line and nothing else: the floor of any Python consumer."""
    bodies = events.messages(path.read_bytes())

    def work() -> int:
        rows = 0
        for body in bodies:
            for line in bytes(body).split(b"\n"):
                if line:
                    orjson.loads(line)
                    rows += 1
        return rows

    return work


ENGINES: dict[str, Callable[[Path], Callable[[], int]]] = {
    "hub": run_hub,
    "duckdb": run_duckdb,
    "polars": run_polars,
    "python": run_python,
    "bare_parse": run_bare_parse,
}


def main(engine: str, path: Path) -> None:
    """Warm up once, time once, print one JSON object."""
    work = ENGINES[engine](path)
    work()
    wall, cpu = time.perf_counter(), time.process_time()
    rows = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"wall_s": wall, "cpu_s": cpu, "peak_memory_mb": peak, "rows": rows}
    result |= {f"stage_{stage}_s": seconds for stage, seconds in STAGE_S.items()}
    sys.stdout.write(orjson.dumps(result).decode() + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
