"""Records of a durable log and the door they come through: what the worker knows of Kafka.

In: nothing. Out: `Record`, and `RecordSource`, which hands records out and tells its `Holder` which partitions
come and go. The real source is `kafka/source.py`, its twin in memory `worker/memory.py`; what is done with
the records is in `worker/`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class PartitionId(NamedTuple):
    """A partition as the consumer knows it. Its lasting name, with cluster and topic ids, is `Origin.key`."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


class Origin(NamedTuple):
    """Where a partition stands in the log: its key in `hub.ingest_offsets`, and the oldest offset it has."""

    key: str
    first_offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """One message of the log."""

    offset: int
    timestamp_ms: int
    """When it was written, as the log says; 0 when the log does not say."""
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes
    events: int
    """About how many events it holds, for filling batches; the ledger counts by itself."""


@dataclass(frozen=True, slots=True)
class Unattributed:
    """A record that no tenant can be charged with: its headers cannot be read, or its tenant is not known."""

    origin: str
    """The record's own name: topic, partition and offset."""
    offset: int
    timestamp_ms: int
    code: str
    reason: str
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes


class Holder(Protocol):
    """Who holds the partitions. Called from inside `RecordSource.poll` and `close`, in their thread."""

    def assigned(self, partitions: Sequence[PartitionId]) -> None:
        """They are ours from now on; nothing is read of them until `start`."""
        ...

    def revoked(self, partitions: Sequence[PartitionId]) -> None:
        """They will be somebody else's when this returns."""
        ...

    def lost(self, partitions: Sequence[PartitionId]) -> None:
        """They are somebody else's already."""
        ...

    def unreadable(self, partition: PartitionId, code: str, reason: str) -> None:
        """No record can come of this partition until a person has looked at it."""
        ...

    def missing(self, topics: Sequence[str]) -> None:
        """These topics are to be read and are not there; told again whenever that changes."""
        ...


class RecordSource(Protocol):
    """A log that is read by a group. `origin` may be asked from any thread, the rest belongs to one."""

    def join(self, holder: Holder) -> None: ...

    def poll(self) -> Mapping[PartitionId, Sequence[Record]]:
        """What has come, in the order of offsets; waits a moment for the first record."""
        ...

    def origin(self, partition: PartitionId) -> Origin:
        """Raises TryLater when the log does not answer."""
        ...

    def start(self, offsets: Mapping[PartitionId, int]) -> None:
        """Read these partitions, each from its offset."""
        ...

    def stop(self, partitions: Iterable[PartitionId]) -> None:
        """Read no more of them, though they stay ours."""
        ...

    def pause(self, partitions: Iterable[PartitionId]) -> None: ...

    def resume(self, partitions: Iterable[PartitionId]) -> None: ...

    def ends(self, partitions: Iterable[PartitionId]) -> Mapping[PartitionId, int]:
        """The offset after the newest record, where it is known without asking."""
        ...

    def tell(self, offsets: Mapping[PartitionId, int], *, wait: bool = False) -> None:
        """Let lag tools know how far we are. Nothing depends on it: a failure is told to the log and passed over."""
        ...

    def close(self) -> None:
        """Leave the group."""
        ...
