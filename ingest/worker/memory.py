"""A log in memory: the same promises as `kafka/source.py` without a broker, for tests.

In: records by partition, and what the group is to say next. Out: what a `RecordSource` gives. One member, no
other thread but the worker's.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from ingest.records import Holder, Origin, PartitionId, Record

_IDLE_S = 0.001  # as a client waits for the first record


class MemoryLog:
    """Hands out at most `poll_max` records of each partition at a time."""

    def __init__(self, records: Mapping[PartitionId, Sequence[Record]], poll_max: int = 2) -> None:
        self.records = {id_: list(some) for id_, some in records.items()}
        self.reading: dict[PartitionId, int] = {}
        """Where each partition that is read stands."""
        self.paused: set[PartitionId] = set()
        self.pauses = 0
        """How often a partition has been paused."""
        self.told: dict[PartitionId, int] = {}
        self.closed = False
        self._poll_max = poll_max
        self._holder: Holder | None = None
        self._says: deque[Callable[[Holder], None]] = deque()

    def say(self, what: Callable[[Holder], None]) -> None:
        """The group says this at the next poll."""
        self._says.append(what)

    def join(self, holder: Holder) -> None:
        self._holder = holder
        self.say(lambda one: one.assigned(list(self.records)))

    def poll(self) -> Mapping[PartitionId, Sequence[Record]]:
        while self._says and self._holder is not None:
            self._says.popleft()(self._holder)
        came: dict[PartitionId, list[Record]] = {}
        for id_ in self.reading.keys() - self.paused:
            next_ = [one for one in self.records[id_] if one.offset >= self.reading[id_]][: self._poll_max]
            if next_:
                came[id_] = next_
                self.reading[id_] = next_[-1].offset + 1
        if not came:
            time.sleep(_IDLE_S)
        return came

    def origin(self, partition: PartitionId) -> Origin:
        return Origin(f"memory:{partition}", 0)

    def start(self, offsets: Mapping[PartitionId, int]) -> None:
        self.reading.update(offsets)

    def stop(self, partitions: Iterable[PartitionId]) -> None:
        for id_ in partitions:
            self.reading.pop(id_, None)
            self.paused.discard(id_)

    def pause(self, partitions: Iterable[PartitionId]) -> None:
        wanted = set(partitions)
        self.pauses += len(wanted - self.paused)
        self.paused |= wanted

    def resume(self, partitions: Iterable[PartitionId]) -> None:
        self.paused -= set(partitions)

    def ends(self, partitions: Iterable[PartitionId]) -> Mapping[PartitionId, int]:
        return {id_: self.records[id_][-1].offset + 1 for id_ in partitions if self.records[id_]}

    def tell(self, offsets: Mapping[PartitionId, int], *, wait: bool = False) -> None:  # noqa: ARG002
        self.told.update(offsets)

    def close(self) -> None:
        self.closed = True
