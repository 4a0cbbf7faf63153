"""The sink in memory: the same promises as `flush.py` without a database, for tests and dry runs.

In: prepared batches. Out: `Flushed`, and the books of everything stored, open to be read. It keeps every
event's key for ever, so it is for thousands of events, not for production.
"""

from dataclasses import replace

import polars as pl

from analytics_hub.domain.ledger import LedgerCount
from ingest.decode import PreparedBatch
from ingest.ports import Fence, Fenced, Flushed
from rust_core import Deltas, Reject

Key = tuple[int, object, bytes]


class MemorySink:
    """Counts and keeps what a database would."""

    def __init__(self) -> None:
        self.keys: set[Key] = set()
        self.deltas: Deltas | None = None
        self.ledger = LedgerCount()
        self.dead_letters: list[Reject] = []
        self.refused_users: set[str] = set()
        """Stands for a constraint of the database: events of these users are refused."""
        self._offsets: dict[str, Fence] = {}

    def claim(self, partition_key: str, first_offset: int) -> Fence:
        held = self._offsets.get(partition_key, Fence(partition_key, 0, first_offset))
        self._offsets[partition_key] = replace(held, epoch=held.epoch + 1)
        return self._offsets[partition_key]

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        moved = None
        if fence is not None:
            held = self._offsets[fence.partition_key]
            if held.epoch != fence.epoch:
                raise Fenced(fence.partition_key)
            moved = replace(fence, next_offset=next_offset)
            if held == moved:
                return Flushed(prepared.count(), moved, already_committed=True)
            self._offsets[fence.partition_key] = moved
        users = pl.DataFrame(prepared.batch)["user_id"]
        refused = [row for row, user in enumerate(users) if user in self.refused_users]
        prepared.refuse(refused, "refused by the sink in memory")
        prepared.drop_duplicates([row for row, key in enumerate(_keys(prepared)) if key in self.keys])
        self._keep(prepared)
        return Flushed(prepared.count(), moved)

    def close(self) -> None:
        """Nothing to close: what was stored stays readable."""

    def totals(self) -> dict[str, int]:
        """Exact sums over everything stored; empty before the first event."""
        return {} if self.deltas is None else self.deltas.totals()

    def _keep(self, prepared: PreparedBatch) -> None:
        self.keys.update(_keys(prepared))
        deltas = prepared.deltas()
        self.deltas = deltas if self.deltas is None else self.deltas.merge(deltas)
        self.ledger += prepared.count()
        self.dead_letters += prepared.rejects()


def _keys(prepared: PreparedBatch) -> list[Key]:
    frame = pl.DataFrame(prepared.batch).select("tenant_id", "ts", "event_key")
    return list(frame.iter_rows())
