"""The input of the stream benchmark: messages of 500 events on a topic, with the headers that the collector sets.

In: a count of events and a share of resends. Out: a filled topic and how many events it holds. A resend is a line of
the tenant's message before, byte for byte, as a client that missed an answer sends it. Fifty tenants take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import Message, Producer

from analytics_hub.settings import default_settings
from benchmarks import events
from ingest.kafka.topics import ensure_topics

PARTITIONS = 6
KEY_SPREAD = default_settings().producer.key_spread
RECEIVED_US = int(events.START.timestamp() * 1_000_000) + 3_600_000_000
WAIT_S = 120.0


def bodies(path: Path, resent: float) -> Iterator[tuple[int, bytes, int]]:
    """(tenant, body, events) of every message; `resent` is the share of lines that come twice, 1.0 doubles all."""
    before: dict[int, bytes] = {}
    owed = 0.0
    data = path.read_bytes()
    for index, view in enumerate(events.messages(data)):
        tenant, body = 1 + index % events.TENANTS, bytes(view)
        count = body.count(b"\n")
        owed += resent * count
        again = before.get(tenant, b"").splitlines(keepends=True)[: int(owed)]
        owed -= len(again)
        before[tenant] = body
        yield tenant, body + b"".join(again), count + len(again)


def fill(bootstrap: str, topic: str, path: Path, resent: float = 0.0) -> int:
    """Make the topic and send everything; returns the events sent."""
    ensure_topics(bootstrap, [topic], PARTITIONS, wait_s=WAIT_S)
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 20,
            "queue.buffering.max.kbytes": 262_144,
        }
    )
    total = 0
    for index, (tenant, body, count) in enumerate(bodies(path, resent)):
        send(producer, topic, tenant, body, count, turn=index)
        total += count
    if left := producer.flush(WAIT_S):
        raise SystemExit(f"{left} messages were not delivered")
    return total


def header(message: Message, name: str) -> bytes:
    """The value of a header that every message has."""
    value = dict(message.headers() or []).get(name)
    if not isinstance(value, bytes):
        raise SystemExit(f"a message lacks the header {name}")
    return value


def send(producer: Producer, topic: str, tenant: int, body: bytes, count: int, turn: int) -> None:
    """One message as the collector writes it, under one of its tenant's keys; waits while the queue is full."""
    headers: list[tuple[str, str | bytes | None]] = [
        ("tenant", str(tenant).encode()),
        ("received_at", str(RECEIVED_US).encode()),
        ("events", str(count).encode()),
        ("verdicts", b"1"),
        ("content-type", b"application/x-ndjson"),
    ]
    key = f"{tenant}/{turn // events.TENANTS % KEY_SPREAD}"
    while True:
        try:
            producer.produce(topic, body, key=key, headers=headers)
        except BufferError:
            producer.poll(0.1)
            continue
        producer.poll(0)
        return
