"""From the broker's acknowledgement to the answer: how long until an event can be asked for, at a steady rate.

In: a database, a broker, the rate and how long. Out: the 99th percentile in seconds. The offsets of the database move
in the transaction that makes the rows visible, so a message can be asked for at the first look that finds its offset
passed. The look comes every 20 ms and is part of the figure.
"""

from __future__ import annotations

import threading
import time
from itertools import islice
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.storage.connections import connect
from benchmarks.events import EVENTS_A_MESSAGE
from benchmarks.stream_topic import PARTITIONS, bodies, send
from benchmarks.stream_worker import running_worker
from ingest.kafka.topics import ensure_topics

TOPIC = "freshness"
LOOK_S = 0.02
LAST_S = 30.0
_OFFSETS = "SELECT partition_key, next_offset FROM hub.ingest_offsets"


def freshness_p99_s(hub: OpenedHub, bootstrap: str, path: Path, events_per_s: int, seconds: int) -> float:
    """Send at the rate while a worker runs, and look."""
    ensure_topics(bootstrap, [TOPIC], PARTITIONS, wait_s=60)
    acked: dict[tuple[int, int], float] = {}
    visible: dict[int, list[tuple[float, int]]] = {partition: [] for partition in range(PARTITIONS)}
    done = threading.Event()
    with running_worker(hub, bootstrap, TOPIC):
        looker = threading.Thread(target=_look, args=(hub.dsn("hub_maint"), visible, done))
        looker.start()
        try:
            _send(bootstrap, path, events_per_s, seconds, acked)
            _wait_until_all_is_visible(acked, visible)
        finally:
            done.set()
            looker.join()
    waits = sorted(_visible_at(visible[partition], offset) - at for (partition, offset), at in acked.items())
    return waits[int(len(waits) * 0.99)]


def _send(
    bootstrap: str, path: Path, events_per_s: int, seconds: int, acked: dict[tuple[int, int], float]
) -> None:
    def delivered(fault: KafkaError | None, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        if fault is not None or partition is None or offset is None:
            raise SystemExit(f"a message was not delivered: {fault}")
        acked[partition, offset] = time.perf_counter()

    producer = Producer({"bootstrap.servers": bootstrap, "compression.type": "lz4", "on_delivery": delivered})
    pause_s = EVENTS_A_MESSAGE / events_per_s
    due = time.perf_counter()
    for index, (tenant, body, count) in enumerate(islice(bodies(path, 0.0), int(seconds / pause_s))):
        send(producer, TOPIC, tenant, body, count, turn=index)
        due += pause_s
        while (left_s := due - time.perf_counter()) > 0:
            producer.poll(left_s)
    producer.flush(LAST_S)


def _look(dsn: str, visible: dict[int, list[tuple[float, int]]], done: threading.Event) -> None:
    with connect(dsn, "bench-look") as conn:
        while not done.wait(LOOK_S):
            rows = conn.execute(_OFFSETS).fetchall()
            now = time.perf_counter()
            for key, next_offset in rows:
                seen = visible[int(str(key).rpartition(":")[2])]
                if not seen or seen[-1][1] < next_offset:
                    seen.append((now, next_offset))


def _wait_until_all_is_visible(
    acked: dict[tuple[int, int], float], visible: dict[int, list[tuple[float, int]]]
) -> None:
    ends = time.perf_counter() + LAST_S
    while any(not seen or seen[-1][1] <= _last(acked, partition) for partition, seen in visible.items()):
        if time.perf_counter() > ends:
            raise SystemExit(f"not everything became visible within {LAST_S:g} s")
        time.sleep(LOOK_S)


def _last(acked: dict[tuple[int, int], float], wanted: int) -> int:
    return max((offset for partition, offset in acked if partition == wanted), default=-1)


def _visible_at(seen: list[tuple[float, int]], offset: int) -> float:
    return next(at for at, next_offset in seen if next_offset > offset)
