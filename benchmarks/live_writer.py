"""The writer of the live benchmark: real flushes at a steady cadence, in a process of its own.

In: a database, its tenants, how many flushes a second with how many tenants each. Out: for each tenant, how many events
it had after each of its commits, and when that commit was done.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import orjson

from analytics_hub.cli.announcing import open_announcer
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import SystemClock, unix_us
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import default_settings
from analytics_hub.storage.connections import connect
from ingest.decode import Decoder
from ingest.flush import PostgresSink
from ingest.postgres.announce import AnnouncingSink
from rust_core import Message, TenantRules

EVENTS = 4
MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-5", "claude-sonnet-4-5", "gemini-2.5-pro")
START_S = 60.0
END_S = 60.0


@dataclass(frozen=True)
class Cadence:
    """`tenants` of all of them in each flush, drawn anew."""

    flushes_per_s: float
    tenants: int
    seconds: float


@dataclass(frozen=True)
class Commit:
    """A tenant's events once it was done, and when that was (seconds of the machine's own clock)."""

    tenant: int
    events: int
    at_s: float


@contextmanager
def writing(
    dsns: dict[str, str], tenants: Sequence[int], events: dict[int, int], cadence: Cadence
) -> Iterator[Connection]:
    """While inside, the writer writes, from the beginning on; at its end it sends the list of its commits."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_write, args=(dsns, list(tenants), events, cadence, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(START_S):
            raise SystemExit("the writer did not begin")
        ours.recv()
        yield ours
    finally:
        process.join(END_S)
        if process.is_alive():
            process.kill()


def _write(
    dsns: dict[str, str], tenants: list[int], events: dict[int, int], cadence: Cadence, out: Connection
) -> None:
    settings, clock, draw = default_settings(), SystemClock(), random.Random(11)
    hub = OpenedHub(settings, dsns.__getitem__, "bench")
    decoder = Decoder(settings.decode, load_price_book(), settings.ingest.dead_letter_bytes_per_flush_max)
    commits: list[Commit] = []
    with open_announcer(hub, "bench-writer") as announcer:
        sink = AnnouncingSink(
            PostgresSink(lambda: connect(hub.dsn("hub_writer"), "bench-writer"), settings.flush, clock),
            announcer,
        )
        out.send("ready")
        began_s = time.monotonic()
        for number in range(int(cadence.seconds * cadence.flushes_per_s)):
            time.sleep(max(0.0, began_s + number / cadence.flushes_per_s - time.monotonic()))
            chosen = draw.sample(tenants, cadence.tenants)
            prepared = decoder.decode([_message(tenant, events[tenant], draw) for tenant in chosen])
            prepared.encode()
            sink.flush(prepared)
            at_s = time.monotonic()
            for tenant in chosen:
                events[tenant] += EVENTS
                commits.append(Commit(tenant, events[tenant], at_s))
        sink.close()
    out.send(commits)


def _message(tenant: int, first: int, draw: random.Random) -> Message:
    now = datetime.now(UTC)
    lines = [
        orjson.dumps(
            {
                "id": f"live-{first + number}",
                "source": "bench",
                "time": now,
                "provider": "openai",
                "model": draw.choice(MODELS),
                "usage": {"input_tokens": draw.randrange(2_000), "output_tokens": draw.randrange(500)},
                "latency_ms": draw.randrange(5_000),
            }
        )
        for number in range(EVENTS)
    ]
    rules = TenantRules(tenant, "bench", None, ())
    return Message(rules, unix_us(now), b"\n".join(lines), format="ndjson", origin="bench", base_position=1)
