"""Gathers blocks until they make a batch: bounded by events, by bytes and by time.

In: blocks of one source. Out: lists of blocks, each one flush. Where a batch is written and what is durable
when, is decided in `flush.py`.
"""

from analytics_hub.domain.clock import Clock
from analytics_hub.settings import IngestSettings
from ingest.deadline import Deadline
from ingest.ports import Block


class BatchBuffer:
    """Holds at most one batch. A block that alone passes a bound is a batch by itself."""

    def __init__(self, settings: IngestSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._blocks: list[Block] = []
        self._events = 0
        self._bytes = 0
        self._due: Deadline | None = None

    def __len__(self) -> int:
        return len(self._blocks)

    def has_room_for(self, block: Block) -> bool:
        """False when the batch must be taken before the block is added."""
        if not self._blocks:
            return True
        return (
            self._events + block.events <= self._settings.batch_events_max
            and self._bytes + _size(block) <= self._settings.batch_bytes_max
        )

    def add(self, block: Block) -> None:
        if self._due is None:
            self._due = Deadline.after(self._clock, self._settings.batch_wait_ms_max / 1000)
        self._blocks.append(block)
        self._events += block.events
        self._bytes += _size(block)

    @property
    def is_full(self) -> bool:
        """True when another block of the same size would hardly fit: waiting gains nothing."""
        settings = self._settings
        return self._events >= settings.batch_events_max or self._bytes >= settings.batch_bytes_max

    def wait_s(self) -> float | None:
        """How long the batch may still wait for more; None while it is empty."""
        return None if self._due is None else self._due.remaining_s()

    def take(self) -> list[Block]:
        blocks, self._blocks = self._blocks, []
        self._events = self._bytes = 0
        self._due = None
        return blocks


def _size(block: Block) -> int:
    return memoryview(block.payload).nbytes
