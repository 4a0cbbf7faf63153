"""One partition in a worker: what is buffered of it, what is being decoded or flushed, and whose turn it is.

    CLAIM ──▶ START ──▶ READ ──▶ STOP ──▶ CLAIM …      STOP: fenced off, so reading stops and it is claimed anew
      any stage ──▶ HALTED (a person must look)         any stage ──▶ GONE (somebody else's now)

In: records in the order of their offsets. Out: `Work`, batches that are decoded and flushed in that order. A
plain state: the lock around it is the board's (`worker/board.py`).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from analytics_hub.settings import IngestSettings, WorkerSettings
from ingest.decode import PreparedBatch
from ingest.ports import Fence
from ingest.records import PartitionId, Record, Unattributed


class Stage(Enum):
    CLAIM = "claim"
    START = "start"
    READ = "read"
    STOP = "stop"
    HALTED = "halted"
    GONE = "gone"


@dataclass(slots=True, eq=False)
class Work:
    """One batch of one partition, from the buffer to its commit."""

    partition: "Partition"
    records: list[Record]
    """Emptied when they are decoded: the batch owns what it needs."""
    next_offset: int
    """Of the last record, plus one: gaps in the offsets are the log's own marks."""
    events: int
    oldest_ms: int
    prepared: PreparedBatch | None = None
    unattributed: Sequence[Unattributed] = ()
    flushing: bool = False
    dropped: bool = False


class Partition:
    """Not shared between threads without the board."""

    def __init__(self, id: PartitionId, batch: IngestSettings, room: WorkerSettings) -> None:  # noqa: A002
        self.id = id
        self.stage = Stage.CLAIM
        self.fence: Fence | None = None
        self.claiming = False
        self.claim_after_s = 0.0
        self.reading = False
        """The source has been told to start and not yet to stop."""
        self.paused = False
        self.trouble = ""
        """Why the last try failed; empty while all is well."""
        self.works: deque[Work] = deque()
        """Oldest first: the head may be flushing, the tail may be decoding."""
        self.buffered_events = 0
        self.buffered_bytes = 0
        self.buffered_since_s = 0.0
        self._records: deque[Record] = deque()
        self._read_offset = 0
        self._batch = batch
        self._room = room

    def claimed(self, fence: Fence) -> None:
        self.claiming = False
        self.trouble = ""
        self.fence = fence
        self._read_offset = fence.next_offset
        self.stage = Stage.START

    def add(self, records: Sequence[Record], now_s: float) -> None:
        """Records of a stage that no longer reads, or from before the offset we stand at, are passed over."""
        if self.stage is not Stage.READ:
            return
        for record in records:
            if record.offset < self._read_offset:
                continue
            if not self._records:
                self.buffered_since_s = now_s
            self._records.append(record)
            self._read_offset = record.offset + 1
            self.buffered_events += record.events
            self.buffered_bytes += len(record.value)

    def due_s(self, *, draining: bool) -> float | None:
        """The moment from which its next batch may be taken; None while there is nothing to take."""
        if not self._records:
            return None
        batch = self._batch
        full = self.buffered_events >= batch.batch_events_max or self.buffered_bytes >= batch.batch_bytes_max
        return (
            0.0
            if full or draining or self.stage is Stage.HALTED
            else self.buffered_since_s + batch.batch_wait_ms_max / 1000
        )

    def take(self, now_s: float) -> Work:
        """The next batch. A record that alone passes a bound is a batch by itself."""
        taken: list[Record] = []
        events = size = 0
        while self._records:
            record = self._records[0]
            events += record.events
            size += len(record.value)
            if taken and (events > self._batch.batch_events_max or size > self._batch.batch_bytes_max):
                events -= record.events
                size -= len(record.value)
                break
            taken.append(self._records.popleft())
        self.buffered_events -= events
        self.buffered_bytes -= size
        self.buffered_since_s = now_s
        work = Work(self, taken, taken[-1].offset + 1, events, taken[0].timestamp_ms)
        self.works.append(work)
        return work

    def stored(self, work: Work, fence: Fence) -> None:
        """The head of the line is durable."""
        self.works.remove(work)
        self.fence = fence
        self.well()

    def well(self) -> None:
        """The last try went well; a halted partition stays in trouble until a person has looked at it."""
        if self.stage is not Stage.HALTED:
            self.trouble = ""

    def drop(self, stage: Stage) -> None:
        """Forget everything that is not durable; the log still has it."""
        for work in self.works:
            work.dropped = True
        self.works.clear()
        self._records.clear()
        self.buffered_events = self.buffered_bytes = 0
        self.stage = stage

    @property
    def flushing(self) -> bool:
        return bool(self.works) and self.works[0].flushing

    @property
    def idle(self) -> bool:
        """True when nothing of it waits for anything."""
        return not (self._records or self.works)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest record was written that is here and not durable."""
        if self.works:
            return self.works[0].oldest_ms
        return self._records[0].timestamp_ms if self._records else None

    @property
    def wants_pause(self) -> bool:
        return (
            self.buffered_events >= self._room.partition_events_max
            or self.buffered_bytes >= self._room.partition_bytes_max
        )

    @property
    def wants_more(self) -> bool:
        """True once half of the room is free again: a pause costs what was fetched ahead."""
        return (
            self.buffered_events * 2 <= self._room.partition_events_max
            and self.buffered_bytes * 2 <= self._room.partition_bytes_max
        )
