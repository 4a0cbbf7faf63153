"""How far the database is behind the log, by partition, as metrics.

In: the partitions of this worker and the ends of the log. Out: `hub_consumer_lag_messages` and
`hub_consumer_lag_seconds`; a partition that has gone leaves no stale figure behind.
"""

from collections.abc import Mapping, Sequence

from analytics_hub.domain.clock import Clock, unix_us
from analytics_hub.telemetry import CONSUMER_LAG_MESSAGES, CONSUMER_LAG_SECONDS, WORKER_BUFFERED_EVENTS
from ingest.partition import Partition
from ingest.records import PartitionId


class Lag:
    """Remembers whose figures are shown."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown: set[PartitionId] = set()

    def show(self, partitions: Sequence[Partition], ends: Mapping[PartitionId, int]) -> None:
        shown = set()
        for partition in partitions:
            end = ends.get(partition.id)
            if partition.fence is None or end is None:
                continue
            shown.add(partition.id)
            behind = max(0, end - partition.fence.next_offset)
            CONSUMER_LAG_MESSAGES.labels(*partition.id).set(behind)
            CONSUMER_LAG_SECONDS.labels(*partition.id).set(self._age_s(partition) if behind else 0.0)
        WORKER_BUFFERED_EVENTS.set(sum(partition.buffered_events for partition in partitions))
        for gone in self._shown - shown:
            CONSUMER_LAG_MESSAGES.remove(*gone)
            CONSUMER_LAG_SECONDS.remove(*gone)
        self._shown = shown

    def _age_s(self, partition: Partition) -> float:
        """Age of the oldest record that is here and not stored; 0 while it has not even come."""
        oldest_ms = partition.oldest_ms
        return max(0.0, unix_us(self._clock.now()) / 1e6 - oldest_ms / 1e3) if oldest_ms else 0.0
