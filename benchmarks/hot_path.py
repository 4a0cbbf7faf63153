"""Hot path: parse, validate, normalise, price, group, sketch and COPY-encode on one core, beside its peers.

    python -m benchmarks.hot_path [--events N] [--rounds R]

Writes `results/hot_path.json`. Rounds go through all engines in turn, so that a slow minute of the machine hits all
of them; each ratio is the median over rounds of (peer's CPU seconds / ours) within one round. Rates are by CPU second
of one core: other work on a shared machine is not ours to measure. Peak memory holds the bytes of the file, too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

import orjson

from benchmarks import events
from benchmarks.hot_path_engines import ENGINES
from benchmarks.machine import write_result

CORE = 0
ENGINE_TIMEOUT_S = 300


def _one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0), key=lambda core: core != CORE)})


def run_engine(engine: str, path: Path) -> dict[str, float]:
    """Run one engine in its own pinned process; raises CalledProcessError with its message when it fails."""
    env = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.hot_path_engines", engine, str(path)]
    done = subprocess.run(
        command, env=env, capture_output=True, check=True, timeout=ENGINE_TIMEOUT_S, preexec_fn=_one_core
    )
    result: dict[str, float] = orjson.loads(done.stdout)
    return result


def measure(path: Path, count: int, rounds: int) -> dict[str, float | int]:
    """All engines, `rounds` times in turn, as flat figures."""
    seen: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
    for number in range(rounds):
        for engine, results in seen.items():
            result = run_engine(engine, path)
            if result["rows"] != count:
                raise SystemExit(f"{engine} saw {result['rows']:.0f} of {count} events: not the same work")
            results.append(result)
            print(
                f"round {number + 1}/{rounds}  {engine:10}  {count / result['cpu_s'] / 1e6:5.2f} M events/s",
                flush=True,
            )
    ours = seen["hub"]
    rate = statistics.median(count / r["cpu_s"] for r in ours)
    figures: dict[str, float | int] = {
        "events": count,
        "rounds": rounds,
        "bytes_per_event": round(path.stat().st_size / count, 1),
        "events_per_s": round(rate),
        "mb_per_s": round(rate * path.stat().st_size / count / 1e6, 1),
        "peak_memory_mb": round(statistics.median(r["peak_memory_mb"] for r in ours), 1),
    }
    for stage in [key for key in ours[0] if key.startswith("stage_")]:
        ns = statistics.median(r[stage] / count * 1e9 for r in ours)
        figures[f"{stage.removesuffix('_s')}_ns_per_event"] = round(ns)
    for engine, results in seen.items():
        if engine != "hub":
            ratios = [theirs["cpu_s"] / mine["cpu_s"] for theirs, mine in zip(results, ours, strict=True)]
            figures[f"ratio_to_{engine}"] = round(statistics.median(ratios), 2)
            figures[f"{engine}_events_per_s"] = round(statistics.median(count / r["cpu_s"] for r in results))
            figures[f"{engine}_peak_memory_mb"] = round(
                statistics.median(r["peak_memory_mb"] for r in results), 1
            )
    return figures


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    path = events.ndjson_file(args.events)
    figures = measure(path, args.events, args.rounds)
    command = f"python -m benchmarks.hot_path --events {args.events} --rounds {args.rounds}"
    for name, value in figures.items():
        print(f"{name:28} {value}")
    if not args.dry_run:
        print(f"written to {write_result('hot_path', command, figures)}")


if __name__ == "__main__":
    main()
