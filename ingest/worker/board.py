"""Where the threads of a worker meet: which partitions it holds, and what is to be done next with each.

    poll thread     assigned / revoked / add ──▶ partitions ──▶ next_to_decode     decode thread
                    starts / stops / pauses  ◀──            ◀──▶ next_task         flush lanes

In: events of the group and finished work. Out: the next thing to do for whoever asks, under one lock. No
thread here sleeps for more than a moment without looking whether it should stop.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence

import structlog

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, HubError
from analytics_hub.settings import IngestSettings, WorkerSettings
from analytics_hub.telemetry import PARTITION_HALTED
from ingest.decode import PreparedBatch
from ingest.partition import Partition, Stage, Work
from ingest.ports import Fence
from ingest.records import PartitionId, Record, Unattributed

_LOG = structlog.get_logger(__name__)
_LOOK_S = 0.2  # how soon a waiting thread notices a stop that nobody told it of


class Board:
    """Shared between all threads of one worker."""

    def __init__(self, batch: IngestSettings, room: WorkerSettings, clock: Clock) -> None:
        self._batch = batch
        self._room = room
        self._clock = clock
        self._changed = threading.Condition()
        self._partitions: dict[PartitionId, Partition] = {}
        self._draining = False
        self._stopped = False
        self._failure: BaseException | None = None
        self._missing: Sequence[str] = ()
        self.joined = False

    # The poll thread: what the group says, and what comes of the log.

    def assigned(self, partitions: Sequence[PartitionId]) -> None:
        with self._changed:
            self.joined = True
            for id_ in partitions:
                self._partitions[id_] = Partition(id_, self._batch, self._room)
            self._changed.notify_all()

    def revoked(self, partitions: Sequence[PartitionId]) -> None:
        """What is buffered is dropped; flushes in flight get a bounded time to end, so that nobody must fence them."""
        ends_s = self._clock.monotonic_s() + self._room.revoke_wait_s
        with self._changed:
            held = [self._partitions[id_] for id_ in partitions if id_ in self._partitions]
            for partition in held:
                self._drop_waiting(partition)
            while any(partition.flushing for partition in held):
                left_s = ends_s - self._clock.monotonic_s()
                if left_s <= 0 or self._failure is not None:
                    break
                self._changed.wait(min(left_s, _LOOK_S))
            self._forget(held)

    def lost(self, partitions: Sequence[PartitionId]) -> None:
        with self._changed:
            self._forget([self._partitions[id_] for id_ in partitions if id_ in self._partitions])

    def add(self, records: Mapping[PartitionId, Sequence[Record]]) -> None:
        with self._changed:
            if self._draining:
                return
            now_s = self._clock.monotonic_s()
            for id_, some in records.items():
                if (partition := self._partitions.get(id_)) is not None:
                    partition.add(some, now_s)
            self._changed.notify_all()

    def starts(self) -> dict[PartitionId, int]:
        """Partitions to read from now on, and from which offset."""
        with self._changed:
            begun: dict[PartitionId, int] = {}
            for partition in self._in_stage(Stage.START):
                if partition.fence is not None and not self._draining:
                    partition.stage = Stage.READ
                    partition.reading = True
                    begun[partition.id] = partition.fence.next_offset
            return begun

    def stops(self) -> list[PartitionId]:
        """Partitions not to be read any more: halted, or fenced off and then claimed again a little later."""
        with self._changed:
            ended = [one for one in self._in_stage(Stage.STOP, Stage.HALTED) if one.reading]
            for partition in ended:
                partition.reading = partition.paused = False
                if partition.stage is Stage.STOP:
                    partition.claim_after_s = self._clock.monotonic_s() + self._room.reclaim_s
                    partition.stage = Stage.CLAIM
            return [partition.id for partition in ended]

    def pauses(self) -> tuple[list[PartitionId], list[PartitionId]]:
        """Partitions to pause and to resume."""
        with self._changed:
            total = sum(partition.buffered_bytes for partition in self._partitions.values())
            crowded, roomy = total >= self._room.buffer_bytes_max, total * 2 <= self._room.buffer_bytes_max
            reading = self._in_stage(Stage.READ)
            pause = [one for one in reading if not one.paused and (crowded or one.wants_pause)]
            resume = [one for one in reading if one.paused and roomy and one.wants_more]
            for partition in pause + resume:
                partition.paused = not partition.paused
            return [one.id for one in pause], [one.id for one in resume]

    def unreadable(self, partition: PartitionId, code: str, reason: str) -> None:
        """Nothing more comes of it. What came before is still stored: perhaps nobody else has it any more."""
        with self._changed:
            if (held := self._partitions.get(partition)) is not None:
                self._halt(held, Broken(code, reason))

    def missing(self, topics: Sequence[str]) -> None:
        """Topics that are to be read and are not there: said until they are."""
        with self._changed:
            self._missing = topics

    # The decode thread.

    def next_to_decode(self) -> Work | None:
        """The batch that has waited longest, of the partition with the least in work. None: the worker stops."""
        with self._changed:
            while not self._over:
                now_s = self._clock.monotonic_s()
                waits = [
                    (len(partition.works), due_s, partition.id, partition)
                    for partition in self._partitions.values()
                    if (due_s := partition.due_s(draining=self._draining)) is not None
                ]
                ready = [one for one in waits if one[1] <= now_s]
                if ready and self._decoded_waiting() < self._batch.queue_batches_max:
                    return min(ready)[3].take(now_s)
                next_s = min((one[1] - now_s for one in waits if one[1] > now_s), default=_LOOK_S)
                self._changed.wait(min(next_s, _LOOK_S))
            return None

    def decoded(self, work: Work, prepared: PreparedBatch, unattributed: Sequence[Unattributed]) -> None:
        with self._changed:
            work.prepared = prepared
            work.unattributed = unattributed
            work.records = []
            self._changed.notify_all()

    # The flush lanes.

    def next_task(self) -> "Partition | Work | None":
        """A partition to claim, or a batch to flush. None: the worker stops."""
        with self._changed:
            while not self._over:
                task = self._claimable() or self._flushable()
                if task is not None:
                    return task
                self._changed.wait(_LOOK_S)
            return None

    def next_claim(self) -> "Partition | None":
        """A partition to claim, for a lane that has a moment; it does not wait for one."""
        with self._changed:
            return None if self._over else self._claimable()

    def claim_later(self, partition: Partition, error: HubError) -> None:
        """It cannot be claimed now: any lane tries again after a pause."""
        with self._changed:
            if partition.stage is Stage.CLAIM:
                if not partition.trouble:
                    _LOG.warning(
                        "try later", partition=str(partition.id), code=error.code, error=error.message
                    )
                partition.trouble = str(error)
                partition.claiming = False
                partition.claim_after_s = self._clock.monotonic_s() + self._room.reclaim_s
            self._changed.notify_all()

    def claimed(self, partition: Partition, fence: Fence) -> None:
        with self._changed:
            if partition.stage is Stage.CLAIM:
                partition.claimed(fence)
            self._changed.notify_all()

    def stored(self, work: Work, fence: Fence) -> None:
        with self._changed:
            work.flushing = False
            if not work.dropped:
                work.partition.stored(work, fence)
            self._changed.notify_all()

    def fenced(self, work: Work) -> None:
        """Somebody else has claimed it: drop what we have, claim it again only if the group still says it is ours."""
        with self._changed:
            work.flushing = False
            if not work.dropped:
                work.partition.drop(Stage.STOP)
                work.partition.trouble = "fenced off by another writer"
            self._changed.notify_all()

    def let_go(self, work: Work) -> None:
        """A flush that ended without a result: its partition has been halted or is no longer ours."""
        with self._changed:
            work.flushing = False
            self._changed.notify_all()

    def halt(self, partition: Partition, error: HubError) -> None:
        """Stop one partition for a person to look at; the others go on. The log still has what is dropped here."""
        with self._changed:
            if self._partitions.get(partition.id) is partition:
                partition.drop(Stage.HALTED)
                self._halt(partition, error)
            self._changed.notify_all()

    def postponed(self, partition: Partition, error: HubError, pause_s: float) -> bool:
        """Wait before the next try. False when there is no point in trying again."""

        def hopeful() -> bool:
            # A halted partition may have work left: what came before it became unreadable.
            halted = partition.stage is Stage.HALTED and not partition.works
            return not (self._over or halted or partition.stage is Stage.GONE)

        with self._changed:
            if not partition.trouble:
                _LOG.warning("try later", partition=str(partition.id), code=error.code, error=error.message)
            if partition.stage is not Stage.HALTED:
                partition.trouble = str(error)
            ends_s = self._clock.monotonic_s() + pause_s
            while hopeful() and (left_s := ends_s - self._clock.monotonic_s()) > 0:
                self._changed.wait(min(left_s, _LOOK_S))
            return hopeful()

    # Everybody.

    def drain(self) -> None:
        """No more records: what is here is decoded and flushed without waiting for more."""
        with self._changed:
            self._draining = True
            self._changed.notify_all()

    @property
    def drained(self) -> bool:
        with self._changed:
            return all(partition.idle for partition in self._partitions.values())

    def stop(self) -> None:
        """Every thread ends as soon as it has finished what it does."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """A thread has died of this: the others end, and the poll thread raises it."""
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def partitions(self) -> list[Partition]:
        """For looking only."""
        with self._changed:
            return list(self._partitions.values())

    def troubles(self) -> dict[str, str]:
        """Why this worker is not ready, by partition or topic; empty when it is."""
        with self._changed:
            return dict.fromkeys(self._missing, "topic_missing: there is no such topic") | {
                str(partition.id): partition.trouble
                for partition in self._partitions.values()
                if partition.trouble
            }

    @property
    def _over(self) -> bool:
        return self._stopped or self._failure is not None

    def _in_stage(self, *stages: Stage) -> list[Partition]:
        return [partition for partition in self._partitions.values() if partition.stage in stages]

    def _halt(self, partition: Partition, error: HubError) -> None:
        partition.stage = Stage.HALTED
        partition.claiming = False
        partition.trouble = str(error)
        PARTITION_HALTED.labels(partition.id.topic, partition.id.number).set(1)
        _LOG.error("partition halted", partition=str(partition.id), code=error.code, error=error.message)
        self._changed.notify_all()

    def _claimable(self) -> Partition | None:
        now_s = self._clock.monotonic_s()
        for partition in self._in_stage(Stage.CLAIM):
            if not partition.claiming and partition.claim_after_s <= now_s and not self._draining:
                partition.claiming = True
                return partition
        return None

    def _flushable(self) -> Work | None:
        heads = [
            partition.works[0]
            for partition in self._partitions.values()
            if partition.works and partition.works[0].prepared is not None and not partition.flushing
        ]
        if not heads:
            return None
        oldest = min(heads, key=lambda work: work.oldest_ms)
        oldest.flushing = True
        return oldest

    def _decoded_waiting(self) -> int:
        return sum(not work.flushing for partition in self._partitions.values() for work in partition.works)

    def _drop_waiting(self, partition: Partition) -> None:
        """All but a flush in flight."""
        head = partition.works[0] if partition.flushing else None
        partition.drop(Stage.GONE)
        if head is not None:
            head.dropped = False
            partition.works.append(head)

    def _forget(self, partitions: Iterable[Partition]) -> None:
        for partition in partitions:
            partition.drop(Stage.GONE)
            self._partitions.pop(partition.id, None)
            PARTITION_HALTED.labels(partition.id.topic, partition.id.number).set(0)
        self._changed.notify_all()
