"""How far the hub has come, and how long it took to be itself again after a death.

In: a database and a topic. Out: for each reported death the seconds until everything that was in the log at that
moment is in the database. A thread looks twenty times a second; a server that is away is asked again.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.support.database import Database
from tests.support.stream import Topic

LOOK_S = 0.05
ANSWER_S = 20.0
_OFFSETS = "SELECT partition_key, next_offset FROM hub.ingest_offsets"


@dataclass(slots=True)
class _Death:
    at_s: float
    ends: Mapping[int, int]
    """The end of each partition then."""
    back: threading.Event = field(default_factory=threading.Event)


class Watch:
    """Looks on until the block ends."""

    def __init__(self, database: Database, topic: Topic, partitions: int) -> None:
        self._database = database
        self._topic = topic
        self._partitions = partitions
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._pending: list[_Death] = []
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self.resume_s: list[float] = []
        """Of every death that is over, in seconds."""

    def __enter__(self) -> "Watch":
        self._consumer = Consumer(
            {
                "bootstrap.servers": self._topic.bootstrap_servers,
                "group.id": "chaos-watch",
                "log_level": 0,
                "reconnect.backoff.max.ms": 500,
            }
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def died(self, at_s: float | None = None) -> threading.Event:
        """Something died at this moment (monotonic, now by default). The event is set when all is well again."""
        death = _Death(time.monotonic() if at_s is None else at_s, self.ends())
        with self._lock:
            self._pending.append(death)
        return death.back

    def ends(self, wait_s: float = 60.0) -> dict[int, int]:
        """The end of every partition; asks a broker that is away until it answers."""
        gives_up_s = time.monotonic() + wait_s
        while True:
            try:
                return {number: self._end(number) for number in range(self._partitions)}
            except KafkaException:
                if time.monotonic() > gives_up_s:
                    raise
                time.sleep(LOOK_S)

    def await_all(self, wait_s: float) -> None:
        """Until everything that is in the log now is in the database. Raises AssertionError after the deadline."""
        back = self.died()
        assert back.wait(wait_s), f"not consumed in {wait_s} s: log {self.ends()}, database {self.offsets()}"
        with self._lock:
            self.resume_s.pop()

    def offsets(self) -> dict[int, int]:
        """Where the database stands, by partition."""
        with psycopg.connect(self._database.admin_dsn, connect_timeout=5) as conn:
            rows = conn.execute(_OFFSETS).fetchall()
        return {int(key.rsplit(":", 1)[1]): offset for key, offset in rows}

    def epochs(self) -> int:
        """How often partitions have been claimed, in all."""
        with psycopg.connect(self._database.admin_dsn, connect_timeout=5) as conn:
            row = conn.execute("SELECT coalesce(sum(epoch), 0) FROM hub.ingest_offsets").fetchone()
        assert row is not None
        return int(row[0])

    def _end(self, number: int) -> int:
        pair = TopicPartition(self._topic.name, number)
        return int(self._consumer.get_watermark_offsets(pair, timeout=ANSWER_S)[1])

    def _look(self) -> None:
        while not self._stop.wait(LOOK_S):
            with self._lock:
                pending = list(self._pending)
            if pending:
                self._settle(pending)

    def _settle(self, pending: list[_Death]) -> None:
        try:
            offsets = self.offsets()
        except psycopg.OperationalError:
            return  # it is dead just now, which is the point
        now_s = time.monotonic()
        for death in pending:
            if all(offsets.get(number, 0) >= end for number, end in death.ends.items()):
                with self._lock:
                    self._pending.remove(death)
                    self.resume_s.append(now_s - death.at_s)
                death.back.set()
