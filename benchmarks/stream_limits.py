"""What the machine can do at most: reading the topic and nothing else, and a bare COPY while the topic is read.

In: a filled topic, a database. Out: events a second. The COPY takes rows that were encoded before, in the same batches
as the worker's, on one connection, into the same tables with their unique index.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import default_settings
from analytics_hub.storage.connections import connect
from analytics_hub.storage.statements import statements
from benchmarks.stream_topic import PARTITIONS, RECEIVED_US, bodies, header
from ingest.decode import Decoder, PreparedBatch
from ingest.postgres.copy_in import copy_in
from rust_core import Message, TenantRules

SETTINGS = default_settings()
POLL_MESSAGES = 100
SILENT_S = 60
EPOCH = date(1970, 1, 1)


def drain(bootstrap: str, topic: str, total: int) -> float:
    """Seconds to read the whole topic."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "drain",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 10,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    seen, started = 0, 0.0
    while seen < total:
        messages = consumer.consume(POLL_MESSAGES, timeout=SILENT_S)
        if not messages:
            raise SystemExit(f"the topic fell silent after {seen} of {total} events")
        started = started or time.perf_counter()
        for message in messages:
            if message.error() is not None:
                raise SystemExit(str(message.error()))
            seen += int(header(message, "events"))
    seconds = time.perf_counter() - started
    consumer.close()
    return seconds


def encoded(path: Path) -> Iterator[PreparedBatch]:
    """The rows of the topic in batches of the worker's size."""
    decoder = Decoder(SETTINGS.decode, load_price_book(), SETTINGS.ingest.dead_letter_bytes_per_flush_max)
    messages: list[Message] = []
    waiting = 0
    for tenant, body, count in bodies(path, 0.0):
        rules = TenantRules(tenant, f"bench-{tenant}", None, ())
        messages.append(Message(rules, RECEIVED_US, body, format="ndjson"))
        waiting += count
        if waiting >= SETTINGS.ingest.batch_events_max:
            yield _encoded(decoder, messages)
            messages, waiting = [], 0
    if messages:
        yield _encoded(decoder, messages)


def _encoded(decoder: Decoder, messages: list[Message]) -> PreparedBatch:
    batch = decoder.decode(messages)
    batch.events()
    return batch


def copy_while_draining(hub: OpenedHub, batches: list[PreparedBatch], bootstrap: str, topic: str) -> float:
    """Seconds until both are done: the topic is read and every row is committed."""
    total = sum(len(batch.batch) for batch in batches)
    faults: list[BaseException] = []

    def read() -> None:
        try:
            drain(bootstrap, topic, total)
        except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
            faults.append(error)

    reader = threading.Thread(target=read)
    started = time.perf_counter()
    reader.start()
    with connect(hub.dsn("hub_writer"), "bench-copy") as conn:
        for batch in batches:
            days = [EPOCH + timedelta(days=day) for day in batch.batch.days()]
            conn.execute(statements("flush")["ensure_days"], {"days": days})
            with conn.transaction():
                copy_in(conn, statements("flush")["copy_events"], batch.events())
    reader.join()
    if faults:
        raise faults[0]
    return time.perf_counter() - started
