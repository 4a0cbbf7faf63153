"""What an operator sees of a running hub at one moment, over all tenants. Plain values, no tenant named.

In: what the database, the log and the other processes say. Out: values for `analytics_hub/cli/status.py`, which gathers
and draws them. Ages are in seconds, rates in events per second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics_hub.domain.ledger import LedgerCount


@dataclass(frozen=True, slots=True)
class StoredPartition:
    """A row of `hub.ingest_offsets`: where the database stands in a partition."""

    partition_key: str
    next_offset: int
    epoch: int
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class LogPartition:
    """A partition as the broker has it. A message that the log no longer has is below `first_offset`."""

    partition_key: str
    topic: str
    number: int
    first_offset: int
    end_offset: int


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """How far the database is behind the log in one partition."""

    topic: str
    number: int
    next_offset: int | None
    """None while no worker has ever claimed it."""
    lag_messages: int
    lag_s: float | None
    """Age of the oldest message that the database does not have; 0 without lag, None when nobody could tell."""
    moved_at: datetime | None


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """What the database says, from one snapshot."""

    taken_at: datetime
    flushed_at: datetime | None
    """When the newest flush began; None before the first."""
    last_minute: LedgerCount
    last_hour: LedgerCount
    broken_flushes: int
    """Ledger rows of the last hour in which the equation does not hold."""
    open_hours: int
    """Hours that are over and not closed: answers read minutes there."""
    oldest_open_hour: datetime | None
    letters_today: int
    letter_bytes_today: int
    rejects_counted_only_today: int
    partitions: tuple[StoredPartition, ...]

    @property
    def freshness_s(self) -> float | None:
        """Age of the newest committed flush."""
        return None if self.flushed_at is None else (self.taken_at - self.flushed_at).total_seconds()


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """What a process says of itself in its /metrics: sample by name, labels and all."""

    name: str
    address: str
    samples: Mapping[str, float] | None
    """None when it does not answer."""
    fault: str = ""
    """Why not."""


@dataclass(frozen=True, slots=True)
class HubStatus:
    """Everything at one moment."""

    database: DatabaseStatus
    log: tuple[PartitionStatus, ...]
    log_fault: str
    """Why the log could not be asked; empty when it could, or when there is none."""
    processes: tuple[ProcessStatus, ...]


def behind(stored: StoredPartition | None, log: LogPartition, oldest_age_s: float | None) -> PartitionStatus:
    """Joins both sides of a partition. `oldest_age_s`: of the message at the database's offset, where it is known."""
    start = log.first_offset if stored is None else max(stored.next_offset, log.first_offset)
    lag = max(0, log.end_offset - start)
    return PartitionStatus(
        log.topic,
        log.number,
        None if stored is None else stored.next_offset,
        lag,
        oldest_age_s if lag else 0.0,
        None if stored is None else stored.moved_at,
    )
