"""The worker: a durable log into the database, exactly once.

    poll thread (the caller's)   source.poll ──▶ board ──▶ start, stop, pause, resume; offsets told to Kafka
    decode thread                board ▶ read headers, decode, price, roll up, encode ▶ board
    lanes                        board ▶ claim a partition, or flush a batch with its fence ▶ board

In: a source, a sink for each lane, what decoding needs. Out: nothing until `stop` is set; then what is
buffered is stored, the group is left, and `run` returns. What a flush is: `ingest/flush.py`; the rules of one
partition: `ingest/partition.py`. The poll loop never waits for the database, so the session in the group lives.
"""

import threading
from collections.abc import Callable

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import TryLater
from analytics_hub.settings import WorkerSettings
from ingest.deadline import Deadline
from ingest.failpoint import Failpoints
from ingest.records import PartitionId, RecordSource
from ingest.worker.board import Board
from ingest.worker.lag import Lag

_JOIN_S = 5.0  # for threads that have nothing more to do
_SILENT_S_MAX = 60.0  # longer than any wait of a round: a revocation, or the group's answer


class Worker:
    """Runs once."""

    def __init__(
        self,
        source: RecordSource,
        board: Board,
        threads: dict[str, Callable[[], None]],
        settings: WorkerSettings,
        clock: Clock,
        *,
        commit_every_s: float,
        failpoints: Failpoints | None = None,
    ) -> None:
        self._source = source
        self._board = board
        self._settings = settings
        self._clock = clock
        self._commit_every_s = commit_every_s
        self._failpoints = failpoints or Failpoints()
        self._lag = Lag(clock)
        self._round_s = clock.monotonic_s()
        self._told: dict[PartitionId, int] = {}
        self._tell_after_s = 0.0
        self._threads = [
            threading.Thread(target=self._guarded, args=[work], name=f"hub-{name}", daemon=True)
            for name, work in threads.items()
        ]

    def complaints(self) -> list[str]:
        """Why this process should be started anew; empty while it lives."""
        silent_s = self._clock.monotonic_s() - self._round_s
        return [f"the poll loop has not turned for {silent_s:.0f} s"] if silent_s > _SILENT_S_MAX else []

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises TryLater when the grace period was too short for what was buffered, and
        whatever a thread died of."""
        self._source.join(self._board)
        for thread in self._threads:
            thread.start()
        try:
            while not stop.is_set():
                self._round()
            self._drain()
        finally:
            self._board.stop()
            for thread in self._threads:
                thread.join(_JOIN_S)
            self._source.close()
        self._board.raise_failure()

    def _round(self) -> None:
        self._round_s = self._clock.monotonic_s()
        records = self._source.poll()
        if records:
            self._failpoints.hit("worker.after_poll")
        self._board.raise_failure()
        self._board.add(records)
        self._source.stop(self._board.stops())
        if begun := self._board.starts():
            self._source.start(begun)
            self._failpoints.hit("worker.after_assign")
        pause, resume = self._board.pauses()
        self._source.pause(pause)
        self._source.resume(resume)
        if self._clock.monotonic_s() >= self._tell_after_s:
            self._tell()
            self._tell_after_s = self._clock.monotonic_s() + self._commit_every_s

    def _drain(self) -> None:
        """No more records; polling goes on, so that the partitions stay ours until their last flush."""
        self._board.drain()
        deadline = Deadline.after(self._clock, self._settings.grace_s)
        self._source.pause([partition.id for partition in self._board.partitions() if partition.reading])
        while not self._board.drained:
            self._board.raise_failure()
            if deadline.passed:
                raise TryLater(
                    "not_drained", f"what was buffered could not be stored in {self._settings.grace_s:g} s"
                )
            self._source.poll()
        self._tell(wait=True)
        self._failpoints.hit("worker.after_kafka_commit")

    def _tell(self, *, wait: bool = False) -> None:
        partitions = self._board.partitions()
        stored = {one.id: one.fence.next_offset for one in partitions if one.fence is not None}
        news = {id_: offset for id_, offset in stored.items() if self._told.get(id_) != offset}
        if news:
            self._source.tell(news, wait=wait)
        self._told = stored
        self._lag.show(partitions, self._source.ends(stored))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  it travels to the poll thread and is raised there
            self._board.fail(error)
