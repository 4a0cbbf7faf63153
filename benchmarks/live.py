"""Live streams: from a commit to its readers, a thousand of them in one process.

    python -m benchmarks.live [--readers N] [--seconds S]

Writes `results/live.json`. Fifty tenants, two questions each (the whole tenant; by model), so a hundred feeds; readers
are shared out among them. A process of its own flushes twice a second, half of the tenants each time, so that a tenant
changes every second. Every reader notes when it first knew of each commit of its tenant; waits count from the moment
when the commit had returned. In the second half a client of one more tenant asks for long messages and never reads
them; another reads the same ones all the time. The peer is the same readers asking `GET /v1/usage` every second, with
the tag of what they have. API, database, writer and readers share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import uvloop

from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.storage.connections import connect
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.storage.tenant_store import PostgresTenantStore
from analytics_hub.tenancy.issue import issue_key
from benchmarks.live_clients import Reader, connect_reader, poll, request_of, stalled
from benchmarks.live_writer import Cadence, Commit, writing
from benchmarks.machine import write_result
from benchmarks.pinned import await_listening, free_port
from benchmarks.query_server import HOST, Place
from benchmarks.scratch import scratch_place

TENANTS = 50
QUESTIONS = ("metrics=events,cost_usd", "metrics=events&group_by=model")
FLUSHES_PER_S = 2.0
ROLES = ("owner", "writer", "maint", "reader")
STOP_S = 60
SETTLE_S = 2.0
POLL_S = 1.0
POLLED_S_MIN = 10.0
Figures = dict[str, float | int]


@dataclass(frozen=True)
class World:
    """A running API over fifty tenants with a key each."""

    dsns: dict[str, str]
    keys: dict[int, str]
    port: int
    process: psutil.Process

    @property
    def tenants(self) -> list[int]:
        """Those that are measured."""
        return list(self.keys)[:TENANTS]

    @property
    def one_more(self) -> int:
        """The tenant of the client that does not read."""
        return list(self.keys)[TENANTS]

    def rss_mb(self) -> float:
        return round(float(self.process.memory_info().rss) / 2**20, 1)

    def metric(self, name: str) -> float:
        """As the process counts itself; 0 where it has not counted yet."""
        conn = http.client.HTTPConnection(HOST, self.port, timeout=60)
        conn.request("GET", "/metrics")
        found = re.search(rf"^{re.escape(name)} (\S+)$", conn.getresponse().read().decode(), re.MULTILINE)
        conn.close()
        return float(found[1]) if found else 0.0


@contextmanager
def open_world(place: Place) -> Iterator[World]:
    hub = place.hub()
    keys = {}
    with connect(hub.dsn("hub_maint"), "bench") as conn:
        for number in range(TENANTS + 1):
            tenant = PostgresTenantStore(conn).create(NewTenant(f"bench-{number}")).tenant_id
            keys[int(tenant)] = issue_key(PostgresKeyBook(conn), tenant, ["query"]).text
    dsns = {f"hub_{role}": hub.dsn(f"hub_{role}") for role in ROLES}
    port = free_port()
    variables = {f"{role.upper()}_DSN": dsn for role, dsn in dsns.items()} | {"HUB_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "benchmarks.query_server", str(port)]
    process = subprocess.Popen(command, env=os.environ | variables)
    try:
        await_listening(process, port)
        yield World(dsns, keys, port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(STOP_S)


def readers_of(world: World, count: int) -> list[Reader]:
    """Tenant after tenant, question after question."""
    readers = []
    for number in range(count):
        tenant = world.tenants[number % TENANTS]
        path = f"/v1/live?{QUESTIONS[number // TENANTS % len(QUESTIONS)]}"
        readers.append(Reader(tenant, request_of(path, world.keys[tenant])))
    return readers


async def streamed(world: World, count: int, seconds: float, events: dict[int, int]) -> Figures:
    """Streams that are read, later beside one that is not."""
    figures: Figures = {"rss_mb_without_readers": world.rss_mb()}
    readers = readers_of(world, count)
    for some in range(0, count, 50):
        await asyncio.gather(*(connect_reader(reader, world.port) for reader in readers[some : some + 50]))
    beside = Reader(world.one_more, request_of(_long_question(), world.keys[world.one_more]))
    await connect_reader(beside, world.port)
    await asyncio.sleep(1)
    figures |= {"feeds": int(world.metric("hub_live_feeds")), "rss_mb_with_readers": world.rss_mb()}
    cadence = Cadence(FLUSHES_PER_S, TENANTS // 2, seconds)
    with writing(world.dsns, list(world.keys), events, cadence) as commits_pipe:
        await asyncio.sleep(seconds / 2)
        half_s = time.monotonic()
        streams = await asyncio.to_thread(world.metric, "hub_live_streams")
        slow = stalled(world.port, _long_question(), world.keys[world.one_more])
        commits: list[Commit] = await asyncio.to_thread(commits_pipe.recv)
        figures["rss_mb_while"] = world.rss_mb()
        await asyncio.sleep(
            SETTLE_S
        )  # what was committed last is on its way; leaving waits for the writer's end
    events.update({commit.tenant: commit.events for commit in commits})
    figures["slow_reader_streams_left"] = int(world.metric("hub_live_streams") - streams)
    slow.close()
    before = [commit for commit in commits if commit.at_s < half_s]
    figures |= _waits("", readers, commits)
    figures |= _waits("_before_slow", readers, before)
    figures |= _waits("_beside_slow", readers, commits, from_s=half_s)
    figures |= {
        "commits": len({commit.at_s for commit in commits}),
        "api_asks": round(world.metric("hub_live_push_seconds_count")),
        "lost_streams": sum(reader.gone.is_set() for reader in (*readers, beside)),
    }
    for reader in (*readers, beside):
        if reader.transport:
            reader.transport.close()
    await asyncio.sleep(SETTLE_S)
    return figures | {"rss_mb_after": world.rss_mb()}


async def polled(world: World, count: int, seconds: float, events: dict[int, int]) -> Figures:
    """The peer: the same readers, asking every second."""
    readers = readers_of(world, count)
    with writing(world.dsns, list(world.keys), events, Cadence(FLUSHES_PER_S, TENANTS // 2, seconds)) as pipe:
        began_s = time.monotonic()
        asking = [
            poll(
                reader,
                world.port,
                f"/v1/usage?from=-15m&interval=1m&{QUESTIONS[number // TENANTS % len(QUESTIONS)]}",
                world.keys[reader.tenant],
                POLL_S,
                began_s + seconds,
                began_s + number / count * POLL_S,
            )
            for number, reader in enumerate(readers)
        ]
        await asyncio.gather(*asking)
        commits = await asyncio.to_thread(pipe.recv)
        await asyncio.sleep(SETTLE_S)
    known = [commit for commit in commits if began_s < commit.at_s < began_s + seconds / 2]
    statuses = [status for reader in readers for status in reader.statuses]
    refused = sum(status not in (200, 304) for status in statuses)
    return {
        **_waits("_polling", readers, known),
        "polls_per_s": round(len(statuses) / seconds, 1),
        "polls_refused_share": round(refused / len(statuses), 3),
    }


def _long_question() -> str:
    metrics = ",".join(name for name in METRICS if name != "distinct_users")
    return f"/v1/live?group_by=model&minutes=60&metrics={metrics}"


def _waits(word: str, readers: Sequence[Reader], commits: Sequence[Commit], from_s: float = 0.0) -> Figures:
    by_tenant: dict[int, list[Commit]] = {}
    for commit in commits:
        by_tenant.setdefault(commit.tenant, []).append(commit)
    waits = sorted(
        wait for reader in readers for wait in reader.latencies(by_tenant.get(reader.tenant, []), from_s)
    )
    cut = statistics.quantiles(waits, n=100, method="inclusive")
    return {
        f"p50_ms{word}": round(cut[49] * 1000, 1),
        f"p99_ms{word}": round(cut[98] * 1000, 1),
        f"max_ms{word}": round(waits[-1] * 1000, 1),
    }


async def measure(place: Place, count: int, seconds: float) -> Figures:
    with open_world(place) as world:
        events = dict.fromkeys(world.keys, 0)
        figures = await streamed(world, count, seconds, events)
        peer = await polled(world, count, max(POLLED_S_MIN, seconds / 3), events)
    return {"readers": count, "tenants": TENANTS, **figures, **peer}


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    with scratch_place("live") as place:
        figures = uvloop.run(measure(place, args.readers, args.seconds))
    command = f"python -m benchmarks.live --readers {args.readers} --seconds {args.seconds:g}"
    for name, value in figures.items():
        print(f"{name:28} {value}")
    if not args.dry_run:
        print(f"written to {write_result('live', command, figures)}")


if __name__ == "__main__":
    main()
