"""HTTP ingest: events a second of one collector core, in batches of 500 and one by one, and the time to an answer.

    python -m benchmarks.http_ingest [--seconds N] [--rounds R]

Writes `results/http_ingest.json`. The collector (`hub collector`, answering after the broker's acknowledgement) is
pinned to one core; client, broker and PostgreSQL to the others. Two figures of each rate: by the wall clock, and by
the CPU seconds of the collector's process alone (all its threads, kernel time of its sockets included). On two cores
client and broker share the other one and are slower than the collector, so the rate of a collector core is the one by
CPU seconds. The p99 is taken at half the wall clock's rate, counted from the moment when a request was due.

Peers, on the same server in the same rounds, by the same CPU seconds: reading the body and nothing else, and FastAPI
with orjson and COPY (its database is not counted). In the end the collector's answers are held against the topic.
`--seconds 300 --rounds 1` keeps the collector busy for fifteen minutes: its memory must not grow.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psycopg

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.storage.connections import connect
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.storage.tenant_store import PostgresTenantStore
from analytics_hub.tenancy.issue import issue_key
from benchmarks import events
from benchmarks.http_topic import events_in
from benchmarks.load import PROJECTS, fresh_database, server
from benchmarks.machine import write_result
from benchmarks.pinned import START_S, Pinned, free_port, on_other_cores, running
from benchmarks.stream import broker
from ingest.kafka.topics import delete_topic, ensure_topics

EVENTS = 100_000
PARTITIONS = 6
SINGLE_CONNECTIONS = 64
"""Many clients with one event each is what single events look like; the collector's answer waits for the broker."""


@dataclass(frozen=True)
class Rate:
    """One phase: what was answered, by the wall clock and by the server's CPU seconds."""

    per_s: float
    per_cpu_s: float
    p50_ms: float
    p99_ms: float


@dataclass
class Seen:
    """Phases by name, one list entry a round."""

    rates: dict[str, list[Rate]] = field(default_factory=dict)
    memory_mb: dict[str, tuple[float, float]] = field(default_factory=dict)
    """After the warm-up and in the end, of the latest round."""

    def add(self, name: str, rate: Rate) -> Rate:
        self.rates.setdefault(name, []).append(rate)
        print(
            f"  {name:24} {rate.per_cpu_s:10,.0f}/CPU s {rate.per_s:10,.0f}/s  "
            f"p50 {rate.p50_ms:7.2f} ms  p99 {rate.p99_ms:7.2f} ms",
            flush=True,
        )
        return rate

    def median(self, name: str, figure: str) -> float:
        return float(statistics.median(getattr(rate, figure) for rate in self.rates[name]))


def phase(process: Pinned, key: str, path: Path, seconds: float, *options: str) -> tuple[Rate, int]:
    """The client on the other cores for so long; and how many events were answered."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.http_client",
        "127.0.0.1",
        str(process.port),
        "/v1/events",
        key,
    ]
    cpu_s = process.cpu_s()
    done = subprocess.run(
        [*command, str(path), "--seconds", str(seconds), *options],
        check=True,
        stdout=subprocess.PIPE,
        timeout=seconds + START_S,
    )
    cpu_s = process.cpu_s() - cpu_s
    seen = orjson.loads(done.stdout)
    rate = Rate(seen["events"] / seen["seconds"], seen["events"] / cpu_s, seen["p50_ms"], seen["p99_ms"])
    return rate, seen["events"]


def phases(seen: Seen, name: str, process: Pinned, key: str, path: Path, seconds: float) -> int:
    """Batches as fast as they go, batches at half that rate, single events. Gives the events answered."""
    single = ("--events-each", "1", "--connections", str(SINGLE_CONNECTIONS))
    total = phase(process, key, path, 2)[1]  # warm
    warm_mb = process.memory_mb
    full, count = phase(process, key, path, seconds)
    total += count
    seen.add(f"{name}_batch", full)
    half, count = phase(process, key, path, seconds, "--events-per-s", str(full.per_s / 2))
    total += count
    seen.add(f"{name}_batch_at_half", half)
    alone, count = phase(process, key, path, seconds, *single)
    seen.add(f"{name}_single", alone)
    seen.memory_mb[name] = (warm_mb, process.memory_mb)
    return total + count


def make_key(hub: OpenedHub) -> str:
    """A tenant that takes events of any age, and a key that may send them."""
    with connect(hub.dsn("hub_maint"), "bench") as conn:
        tenant = PostgresTenantStore(conn).create(NewTenant("collected", late_horizon=None))
        return issue_key(PostgresKeyBook(conn), tenant.tenant_id, [Scope.INGEST]).text


def addresses(hub: OpenedHub) -> dict[str, str]:
    roles = ("owner", "writer", "maint", "reader")
    return {f"HUB_{role.upper()}_DSN": hub.dsn(f"hub_{role}") for role in roles}


def one_round(seen: Seen, bootstrap: str, number: int, path: Path, seconds: float) -> None:
    """The collector and its peers, in turn; the collector's answers are held against the topic."""
    port = free_port()
    with running([sys.executable, "-m", "benchmarks.peers.body_reader", str(port)], port) as peer:
        phases(seen, "read_only", peer, "none", path, seconds)
    with server() as postgres, fresh_database(postgres, f"http_{number}") as (hub, _):
        port, dsn = free_port(), postgres.admin_dsn(f"http_{number}")
        command = [sys.executable, "-m", "benchmarks.peers.fastapi_collector", str(port), dsn]
        with running(command, port) as peer:
            answered = phases(seen, "fastapi", peer, "none", path, seconds)
        with psycopg.connect(dsn) as conn:
            row = conn.execute("SELECT count(*) FROM peer_collected").fetchone()
            if row != (answered,):
                raise SystemExit(f"FastAPI answered for {answered} events and stored {row}")
        port, key, topic = free_port(), make_key(hub), f"collected-{number}"
        ensure_topics(bootstrap, [topic], PARTITIONS, wait_s=START_S)
        variables = addresses(hub) | {
            "HUB_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "HUB_KAFKA_TOPIC": topic,
            "HUB_COLLECTOR_PORT": str(port),
            "HUB_LOG_LEVEL": "warning",
        }
        command = [sys.executable, "-m", "analytics_hub.cli.main", "collector"]
        with running(command, port, **variables) as collector:
            answered = phases(seen, "collector", collector, key, path, seconds)
    if (held := events_in(bootstrap, topic)) != answered:
        raise SystemExit(f"the collector answered for {answered} events, the topic holds {held}")
    delete_topic(bootstrap, topic, wait_s=START_S)


def measure(path: Path, rounds: int, seconds: float) -> dict[str, float | int]:
    seen = Seen()
    on_other_cores()  # inherited by client, broker and PostgreSQL; the servers that are measured leave it
    with broker() as kafka:
        for number in range(rounds):
            print(f"round {number + 1}/{rounds}", flush=True)
            one_round(seen, kafka.bootstrap_servers, number, path, seconds)
    figures: dict[str, float | int] = {
        "events_a_batch": events.EVENTS_A_MESSAGE,
        "rounds": rounds,
        "batch_events_per_s": round(seen.median("collector_batch", "per_cpu_s")),
        "batch_events_per_s_wall": round(seen.median("collector_batch", "per_s")),
        "single_requests_per_s": round(seen.median("collector_single", "per_cpu_s")),
        "single_requests_per_s_wall": round(seen.median("collector_single", "per_s")),
        "p99_ms": round(seen.median("collector_batch_at_half", "p99_ms"), 1),
        "p99_at_events_per_s": round(seen.median("collector_batch_at_half", "per_s")),
        "memory_warm_mb": round(seen.memory_mb["collector"][0], 1),
        "memory_end_mb": round(seen.memory_mb["collector"][1], 1),
    }
    for peer in ("read_only", "fastapi"):
        figures[f"{peer}_batch_events_per_s"] = round(seen.median(f"{peer}_batch", "per_cpu_s"))
        figures[f"{peer}_single_requests_per_s"] = round(seen.median(f"{peer}_single", "per_cpu_s"))
    return figures


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    path = events.ndjson_file(EVENTS, projects=PROJECTS)
    figures = measure(path, args.rounds, args.seconds)
    command = f"python -m benchmarks.http_ingest --seconds {args.seconds:g} --rounds {args.rounds}"
    for name, value in figures.items():
        print(f"{name:32} {value}")
    if not args.dry_run:
        print(f"written to {write_result('http_ingest', command, figures)}")


if __name__ == "__main__":
    main()
