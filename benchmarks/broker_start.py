"""Starting a broker: CPU seconds of its process until it answers and stops, with HUB_BROKER_QUICK_START and without.

    python -m benchmarks.broker_start [--rounds N]

Writes `results/broker_start.json`. Both start in turn with a folder of their own that is formatted already, answer
one client and are stopped in order. What the process used is read when it has answered (`…_start_cpu_s`) and just
before it is stopped, when a topic of six partitions has been made (`…_topic_cpu_s`).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psutil

from analytics_hub.settings import BrokerSettings
from benchmarks.machine import write_result
from ingest.broker.process import Broker, open_broker
from ingest.kafka.topics import ensure_topics

ROUNDS: Final = 5
WAYS: Final = {"quick": True, "full": False}
_PARTITIONS, _WAIT_S = 6, 30
Figures = dict[str, float | int]


@contextmanager
def stopped(quick_start: bool) -> Iterator[Broker]:
    """A broker that was started once, so that its folder is formatted."""
    top = Path(tempfile.mkdtemp(prefix="hub-bench-kafka-"))
    try:
        settings = BrokerSettings(data_dir=top, port=0, heap_mb=512, quick_start=quick_start)
        with open_broker(settings, print) as broker:
            broker.stop()
            yield broker
    finally:
        shutil.rmtree(top)


def cpu_s(broker: Broker) -> float:
    """User and kernel time of it and its children."""
    assert broker.pid is not None
    process = psutil.Process(broker.pid)
    return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))


def started(broker: Broker, topic: str) -> tuple[float, float, float]:
    """CPU until it answers, CPU until it has a topic, seconds of the wall until it answers."""
    began_s = time.monotonic()
    broker.start()
    took_s, answering_s = time.monotonic() - began_s, cpu_s(broker)
    ensure_topics(broker.bootstrap_servers, [topic], _PARTITIONS, wait_s=_WAIT_S)
    topic_s = cpu_s(broker)
    broker.stop()
    return answering_s, topic_s, took_s


def measure(rounds: int) -> Figures:
    """Both in turn."""
    seen: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        brokers = {way: stack.enter_context(stopped(quick)) for way, quick in WAYS.items()}
        for number in range(rounds):
            for way, broker in brokers.items():
                seen[way].append(started(broker, f"round-{number}"))
            print(
                f"round {number + 1}/{rounds} ",
                {way: round(one[-1][0], 2) for way, one in seen.items()},
                flush=True,
            )
    figures: Figures = {"rounds": rounds}
    for way, taken in seen.items():
        for place, name in enumerate(("start_cpu_s", "topic_cpu_s", "start_s")):
            figures[f"{way}_{name}"] = round(statistics.median(one[place] for one in taken), 2)
    pairs = zip(seen["quick"], seen["full"], strict=True)
    figures["quick_cpu_per_full"] = round(statistics.median(quick[0] / full[0] for quick, full in pairs), 2)
    return figures


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    figures = measure(args.rounds)
    for name, value in figures.items():
        print(f"{name:24} {value}")
    if not args.dry_run:
        command = f"python -m benchmarks.broker_start --rounds {args.rounds}"
        print(f"written to {write_result('broker_start', command, figures)}")


if __name__ == "__main__":
    main()
