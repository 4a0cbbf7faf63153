"""Chaos: is what was acknowledged stored, once, whatever dies? The long version of `tests/service/chaos`.

    python -m benchmarks.chaos [--failpoints 200] [--collector 24] [--postgres 50] [--broker 25] [--zombies 26]

Writes `results/chaos.json`. Collector, broker, PostgreSQL (crash safety on), workers and a client that never rests
share the machine. Failpoints stand between all steps of the flush, the worker and the collector; most zombies are
frozen inside a COPY. Afterwards the oracle (`tests/support/chaos/oracle.py`) compares the client's own ledger with the
database, event by event. Resuming lasts from a death until everything that was in the log at that moment is in the
database; after a death of the broker also until the clients have found it again. Exits with 1 when anything was lost,
counted twice or wrong.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from analytics_hub.pricing.compile import load_price_book
from benchmarks.machine import write_result
from tests.support.chaos import deaths as ways
from tests.support.chaos.oracle import Findings, judge
from tests.support.chaos.world import World, a_world

WAYS = {
    "failpoints": ways.die_at_failpoints,
    "collector": ways.die_at_the_edge,
    "postgres": ways.kill_postgres,
    "broker": ways.kill_broker,
    "zombies": ways.wake_zombies,
}
ROUND = 25
"""Deaths of one kind in a row; then comes the next kind, so that each meets what the others left."""


@contextmanager
def folder() -> Iterator[Path]:
    """One that the server's user may pass through."""
    top = Path(tempfile.mkdtemp(prefix="hub-chaos-"))
    top.chmod(0o711)
    try:
        yield top
    finally:
        shutil.rmtree(top)


def kill(world: World, wanted: dict[str, int], seed: int) -> ways.Deaths:
    """All kinds in turn until each has had its number."""
    deaths, left = ways.Deaths(), dict(wanted)
    began_s = time.monotonic()
    while any(left.values()):
        for name, act in WAYS.items():
            # An eighth of each kind a turn: all of them end together.
            times = min(left[name], max(1, wanted[name] // 8), ROUND)
            if times:
                act(world, deaths, times, seed)
                left[name] -= times
                seed += 1
                print(f"{time.monotonic() - began_s:6.0f} s  {deaths}", flush=True)
    return deaths


def measure(wanted: dict[str, int], rate: float, seed: int) -> tuple[dict[str, float | int], Findings]:
    with folder() as top, a_world(top, durable=True) as world:
        began_s = time.monotonic()
        world.start_load(rate, seed)
        deaths = kill(world, wanted, seed)
        report = world.stop_load()
        with world.worker():
            world.watch.await_all(ways.BACK_S)
        found = judge(world.database.admin_dsn, world.ledger, load_price_book())
        resume_s = sorted(world.watch.resume_s)
        figures: dict[str, float | int] = {
            **asdict(deaths),
            "lost": found.lost,
            "duplicate": found.duplicate,
            "wrong": found.wrong,
            "ledger_faults": found.ledger_faults,
            "acked_events": found.acked,
            "bodies_sent_again": report.retries,
            "resume_p50_s": round(statistics.median(resume_s), 2),
            "resume_p95_s": round(resume_s[int(0.95 * len(resume_s))], 2),
            "resume_max_s": round(resume_s[-1], 2),
            "seconds": round(time.monotonic() - began_s),
        }
    return figures, found


def main() -> None:
    """Kill, judge, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--failpoints", type=int, default=200)
    parser.add_argument("--collector", type=int, default=24)
    parser.add_argument("--postgres", type=int, default=50)
    parser.add_argument("--broker", type=int, default=25)
    parser.add_argument("--zombies", type=int, default=26)
    parser.add_argument("--rate", type=float, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # so that the servers are stopped, too
    wanted = {name: getattr(args, name) for name in WAYS}
    figures, found = measure(wanted, args.rate, args.seed)
    for name, value in figures.items():
        print(f"{name:28} {value}")
    counts = " ".join(f"--{name} {times}" for name, times in wanted.items())
    if not args.dry_run:
        command = f"python -m benchmarks.chaos {counts} --rate {args.rate:g} --seed {args.seed}"
        print(f"written to {write_result('chaos', command, figures)}")
    if not found.clean:
        raise SystemExit(f"not clean: {found}")


if __name__ == "__main__":
    main()
