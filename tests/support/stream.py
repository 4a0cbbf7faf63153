"""The stream as tests use it: stamped records into a topic, and `hub worker` as a process of its own.

In: a broker, a topic, a database. Out: records in the topic, a running worker that is asked over its probes, and
what the database holds once the worker has come to the end of the topic.
"""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from analytics_hub.domain.clock import unix_us
from ingest.kafka.headers import EdgeStamp, RecordHeaders
from tests.support.command import COMMAND, environment
from tests.support.database import Database
from tests.support.ingest import NOW, events

WAIT_S = 180.0
_LOOK_S = 0.05
_ANSWER_S = 5.0


def stamped(tenant_id: int, lines: Sequence[bytes], **changed: object) -> RecordHeaders:
    """The headers that the collector would give these lines."""
    stamp = {"tenant_id": tenant_id, "received_at_us": unix_us(NOW), "events": len(lines)} | changed
    return RecordHeaders(EdgeStamp(**stamp), format="ndjson")  # type: ignore[arg-type]


@dataclass
class Topic:
    """A topic of one test, to write to."""

    bootstrap_servers: str
    name: str
    partitions: int
    _producer: Producer = field(init=False)

    def __post_init__(self) -> None:
        # Idempotent, or a broker that answers too late gets a message twice.
        self._producer = Producer(
            {"bootstrap.servers": self.bootstrap_servers, "enable.idempotence": True, "log_level": 0}
        )

    def write(
        self,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int = 0,
        timestamp_ms: int = 0,
    ) -> None:
        self._producer.produce(
            self.name, value, partition=partition, headers=list(headers), timestamp=timestamp_ms
        )

    def send(self, tenant_id: int, lines: Sequence[bytes], partition: int = 0) -> None:
        """One message as the collector writes it."""
        self.write(b"\n".join(lines), stamped(tenant_id, lines).pairs(), partition)

    def flush(self) -> None:
        assert self._producer.flush(WAIT_S) == 0

    def fill(self, tenant_id: int, numbers: range, a_message: int = 20) -> dict[int, int]:
        """The events with these numbers, in messages over all partitions; where each partition ends then."""
        for number, start in enumerate(range(numbers.start, numbers.stop, a_message)):
            self.send(tenant_id, events(range(start, start + a_message)), number % self.partitions)
        self.flush()
        return self.ends()

    def ends(self) -> dict[int, int]:
        """The offset after the newest record of each partition; asks again while a broker has just come back."""
        return {number: self._end(number) for number in range(self.partitions)}

    def group(self) -> str:
        """The group that its workers form."""
        return f"group-of-{self.name}"

    def told(self) -> dict[int, int]:
        """The offsets that Kafka was told, where it was told any."""
        consumer = self._consumer()
        pairs = [TopicPartition(self.name, number) for number in range(self.partitions)]
        found = consumer.committed(pairs, timeout=WAIT_S)
        return {pair.partition: pair.offset for pair in found if pair.offset >= 0}

    def tell(self, offset: int) -> None:
        """Tell Kafka this offset for every partition, in the workers' group."""
        pairs = [TopicPartition(self.name, number, offset) for number in range(self.partitions)]
        self._consumer().commit(offsets=pairs, asynchronous=False)

    def _end(self, number: int) -> int:
        pair, ends_s = TopicPartition(self.name, number), time.monotonic() + WAIT_S
        while True:
            try:
                # A new client each time: one that has seen a partition without a leader goes on saying so.
                return int(self._consumer().get_watermark_offsets(pair, timeout=_ANSWER_S)[1])
            except KafkaException:
                if time.monotonic() > ends_s:
                    raise
                time.sleep(_LOOK_S)

    def _consumer(self) -> Consumer:
        return Consumer(
            {"bootstrap.servers": self.bootstrap_servers, "group.id": self.group(), "log_level": 0}
        )


@dataclass
class RunningWorker:
    """One `hub worker`."""

    process: subprocess.Popen[bytes]
    log: Path
    _url: str = ""

    @property
    def started(self) -> bool:
        """It has said so, and would stop in order."""
        return "probes" in self.said()

    @property
    def url(self) -> str:
        """Where its probes are; waits until it has said so."""

        def told() -> bool:
            found = re.search(r"probes\W+(http://[0-9.:]+)", self.said())
            self._url = found[1] if found else ""
            return bool(found)

        if not self._url:
            wait_for(told, self, "the worker's first line")
        return self._url

    def said(self) -> str:
        """Its log, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text(errors="replace"))

    def metric(self, name: str, **labels: str) -> float:
        """The sum over the series with these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = httpx.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        series = [line for line in lines if re.match(rf"{name}(\{{| )", line)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in series if all(one in line for one in wanted))

    def ready(self) -> tuple[bool, str]:
        answer = httpx.get(f"{self.url}/readyz", timeout=10)
        return answer.status_code == 200, answer.text

    def stop(self) -> int:
        """As its supervisor would; the exit status."""
        self.process.terminate()
        return self.process.wait(WAIT_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(WAIT_S)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def a_worker(db: Database, topic: Topic, folder: Path, **variables: str) -> Iterator[RunningWorker]:
    """Started at once; killed at the end if it still runs."""
    log = folder / f"worker-{len(list(folder.glob('worker-*')))}.log"
    settings = {
        "HUB_KAFKA_BOOTSTRAP_SERVERS": topic.bootstrap_servers,
        "HUB_KAFKA_TOPIC": topic.name,
        "HUB_KAFKA_GROUP": topic.group(),
        "HUB_KAFKA_SESSION_TIMEOUT_MS": "3000",
        "HUB_KAFKA_COMMIT_EVERY_S": "0.2",
        "HUB_INGEST_BATCH_WAIT_MS_MAX": "50",
        "HUB_WORKER_PORT": "0",
        "HUB_WORKER_RECLAIM_S": "0.5",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*COMMAND, "worker"], stdout=out, stderr=out, env=environment(db, **(settings | variables))
        )
    worker = RunningWorker(process, log)
    try:
        yield worker
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            worker.kill()


def wait_for(done: Callable[[], bool], worker: RunningWorker | None, what: str) -> None:
    """Waits until it is so. Fails when the worker has died, or after a minute."""
    ends_s = time.monotonic() + WAIT_S
    while not done():
        if worker is not None and worker.process.poll() is not None:
            raise AssertionError(f"the worker died while waiting for {what}:\n{worker.said()}")
        if time.monotonic() > ends_s:
            raise AssertionError(f"no {what} in {WAIT_S} s:\n{worker.said() if worker else ''}")
        time.sleep(_LOOK_S)


def offsets(db: Database) -> dict[int, int]:
    """The database's own offsets, by number of the partition."""
    with db.connect("hub_maint") as conn:
        rows = conn.execute("SELECT partition_key, next_offset FROM hub.ingest_offsets").fetchall()
    return {int(key.rsplit(":", 1)[1]): next_offset for key, next_offset in rows}


def stored_up_to(db: Database, worker: RunningWorker | None, ends: dict[int, int]) -> None:
    """Waits until the database stands at these offsets."""
    wait_for(
        lambda: all(offsets(db).get(number, 0) >= end for number, end in ends.items()),
        worker,
        f"offsets {ends}",
    )
