"""Kafka to the database: the worker beside a hand-written consumer and beside what the machine can do at most.

    python -m benchmarks.stream [--events N] [--rounds R]

Writes `results/stream.json`. Broker, worker and PostgreSQL (crash safety on) share the machine. In every round, each
into a fresh database after a checkpoint: the topic is read and nothing else; a bare COPY of the same rows, encoded
before, runs on one connection while the topic is read; `peers/handwritten_consumer.py`; the worker with its defaults;
and the worker on topics in which 0.01 %, 1 % and all of the events come twice. Rates count events read, resends too.
Rates are medians over rounds, ratios medians of the rounds' ratios. Then `stream_freshness.py` at 20,000 events/s.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psycopg

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.settings import BrokerSettings
from analytics_hub.storage.connections import connect
from analytics_hub.storage.tenant_store import PostgresTenantStore
from benchmarks import events, stream_topic
from benchmarks.load import PROJECTS, fresh_database, server
from benchmarks.machine import write_result
from benchmarks.stream_freshness import freshness_p99_s
from benchmarks.stream_limits import copy_while_draining, drain, encoded
from benchmarks.stream_worker import timed_worker
from ingest.broker.process import Broker, open_broker
from ingest.decode import PreparedBatch

RESENT = {"none": 0.0, "0_01_percent": 0.0001, "1_percent": 0.01, "100_percent": 1.0}
FRESHNESS_EVENTS_PER_S = 20_000
FRESHNESS_S = 30
PEER_S = 1800


@dataclass
class Seen:
    """Events a second by engine, one list entry a round."""

    rates: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, events_per_s: float) -> None:
        self.rates.setdefault(name, []).append(events_per_s)
        print(f"  {name:32} {events_per_s:10,.0f} events/s", flush=True)

    def rate(self, name: str) -> int:
        return round(statistics.median(self.rates[name]))

    def ratio(self, name: str, peer: str) -> float:
        pairs = zip(self.rates[name], self.rates[peer], strict=True)
        return round(statistics.median(a / b for a, b in pairs), 3)


@contextmanager
def broker() -> Iterator[Broker]:
    """A broker with its log in a folder of its own."""
    top = Path(tempfile.mkdtemp(prefix="hub-bench-kafka-"))
    try:
        with open_broker(
            BrokerSettings(data_dir=top, port=0, heap_mb=512, quick_start=False), print
        ) as running:
            yield running
    finally:
        shutil.rmtree(top)


def make_tenants(hub: OpenedHub) -> None:
    """The topic names tenants 1 to 50; the first is there already."""
    with connect(hub.dsn("hub_maint"), "bench") as conn:
        store = PostgresTenantStore(conn)
        for number in range(2, events.TENANTS + 1):
            made = store.create(NewTenant(f"bench-{number}", late_horizon=None))
            if made.tenant_id != number:
                raise SystemExit(f"tenant {number} became {made.tenant_id}: the topic would name strangers")


def timed_peer(bootstrap: str, topic: str, dsn: str, total: int) -> float:
    """Seconds of the hand-written consumer, by its own account, checked against its tables."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.peers.handwritten_consumer",
        bootstrap,
        topic,
        dsn,
        str(total),
    ]
    done = subprocess.run(command, check=True, timeout=PEER_S, stdout=subprocess.PIPE)
    with psycopg.connect(dsn) as conn:
        row = conn.execute(
            "SELECT count(*), (SELECT sum(events) FROM peer_usage_1m) FROM peer_events"
        ).fetchone()
    if row != (total, total):
        raise SystemExit(f"the hand-written consumer stored {row}, not {total}: not the same work")
    return float(orjson.loads(done.stdout)["seconds"])


def one_round(
    seen: Seen, kafka: Broker, totals: dict[str, int], batches: list[PreparedBatch], number: int
) -> None:
    """Every engine once, each in a database of its own."""
    bootstrap, total = kafka.bootstrap_servers, totals["none"]
    with server() as running:
        seen.add("plain_consumption", total / drain(bootstrap, "resent-none", total))
        with fresh_database(running, f"copy_{number}") as (hub, _):
            seen.add("drain_and_copy", total / copy_while_draining(hub, batches, bootstrap, "resent-none"))
        with fresh_database(running, f"peer_{number}"):
            dsn = running.admin_dsn(f"peer_{number}")
            seen.add("handwritten", total / timed_peer(bootstrap, "resent-none", dsn, total))
        for name in RESENT:
            with fresh_database(running, f"worker_{number}_{name}") as (hub, _):
                make_tenants(hub)
                topic = f"resent-{name.replace('_', '-')}"
                seconds = timed_worker(hub, bootstrap, topic, received=totals[name], stored=total)
                seen.add(f"worker_resent_{name}", totals[name] / seconds)


def measure(count: int, rounds: int) -> dict[str, float | int]:
    """All of it as flat figures."""
    path = events.ndjson_file(count, projects=PROJECTS)
    seen = Seen()
    with broker() as kafka:
        totals = {
            name: stream_topic.fill(kafka.bootstrap_servers, f"resent-{name.replace('_', '-')}", path, share)
            for name, share in RESENT.items()
        }
        batches = list(encoded(path))
        for number in range(rounds):
            print(f"round {number + 1}/{rounds}", flush=True)
            one_round(seen, kafka, totals, batches, number)
        with server() as running, fresh_database(running, "fresh") as (hub, _):
            make_tenants(hub)
            fresh_s = freshness_p99_s(hub, kafka.bootstrap_servers, path, FRESHNESS_EVENTS_PER_S, FRESHNESS_S)
    return {
        "events": count,
        "rounds": rounds,
        "cores": len(os.sched_getaffinity(0)),
        "events_per_s": seen.rate("worker_resent_none"),
        "ratio_to_limit": seen.ratio("worker_resent_none", "drain_and_copy"),
        "ratio_to_handwritten": seen.ratio("worker_resent_none", "handwritten"),
        "freshness_p99_s": round(fresh_s, 3),
        "events_per_s_resend_0_01_percent": seen.rate("worker_resent_0_01_percent"),
        "events_per_s_resend_1_percent": seen.rate("worker_resent_1_percent"),
        "events_per_s_resend_100_percent": seen.rate("worker_resent_100_percent"),
        "handwritten_events_per_s": seen.rate("handwritten"),
        "drain_and_copy_events_per_s": seen.rate("drain_and_copy"),
        "plain_consumption_events_per_s": seen.rate("plain_consumption"),
    }


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    figures = measure(args.events, args.rounds)
    command = f"python -m benchmarks.stream --events {args.events} --rounds {args.rounds}"
    for name, value in figures.items():
        print(f"{name:36} {value}")
    if not args.dry_run:
        print(f"written to {write_result('stream', command, figures)}")


if __name__ == "__main__":
    main()
