"""From blocks of bytes to a prepared batch: decoded, priced, rolled up and encoded by the Rust core in a few
calls.

In: messages of one flush, the bounds and the price book. Out: `PreparedBatch`, which `flush.py` writes. What
a dialect accepts and which reject code it gives is decided in `rust_core/core/src/decode`.
"""

from collections.abc import Sequence

import rust_core
from analytics_hub.domain.ledger import LedgerCount, sum_counts
from analytics_hub.settings import DecodeSettings
from rust_core import Batch, Bytes, Deltas, Limits, Message, PriceBook, Reject


def limits_from_settings(settings: DecodeSettings) -> Limits:
    return Limits(
        event_bytes_max=settings.event_bytes_max,
        depth_max=settings.depth_max,
        ahead_us_max=settings.ahead_s_max * 1_000_000,
        payload_kept_bytes_max=settings.payload_kept_bytes_max,
        rejects_kept_max=settings.rejects_kept_max,
    )


class PreparedBatch:
    """A batch with its COPY bytes and deltas, kept in step when the database takes rows out of it.

    Not shared between threads: the decoder makes it, then the flush owns it.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.traceparents: Sequence[str] = ()
        """Trace contexts of the requests whose events it holds, where any is traced."""
        self._events: Bytes | None = None
        self._deltas: Deltas | None = None

    def encode(self) -> None:
        """Do the work ahead of time, on the decoder's core, that the optimistic flush will ask for."""
        self.events()
        self.deltas()

    def events(self) -> Bytes:
        """The rows as a binary COPY of `usage_events`."""
        if self._events is None:
            self._events = self.batch.copy_events()
        return self._events

    def deltas(self) -> Deltas:
        if self._deltas is None:
            self._deltas = self.batch.rollup()
        return self._deltas

    def drop_duplicates(self, rows: Sequence[int]) -> None:
        """The database has these rows already: they count as duplicates and leave events and deltas."""
        if rows:
            self.batch.drop(rows)
            self._forget()

    def refuse(self, rows: Sequence[int], text: str) -> None:
        """The database refuses these rows for what is in them: they become rejects."""
        if rows:
            self.batch.poison(rows, "refused_by_database", text)
            self._forget()

    def fold_series(self, keys: Sequence[tuple[int, int]]) -> None:
        """Past the tenant's series budget: the named series give up their free-text dimensions."""
        if keys:
            self.batch.fold_series(keys)
            self._forget()

    def count(self) -> LedgerCount:
        """The account of the whole batch, over tenants and receipt hours."""
        return sum_counts(
            LedgerCount(tally.received, tally.stored, tally.duplicate, tally.rejected)
            for tally in self.batch.tallies
        )

    def rejects(self) -> list[Reject]:
        return self.batch.rejects

    def _forget(self) -> None:
        self._events = None
        self._deltas = None


class Decoder:
    """Decodes with one set of bounds and prices with one book."""

    def __init__(self, settings: DecodeSettings, book: PriceBook, dead_letter_bytes_max: int) -> None:
        self._settings = settings
        self._limits = limits_from_settings(settings)
        self._book = book
        self._dead_letter_bytes_max = dead_letter_bytes_max

    def decode(self, messages: Sequence[Message]) -> PreparedBatch:
        batch = rust_core.decode(messages, self._limits)
        if batch.rejects_total:
            batch = self._bounded(messages, batch)
        batch.price(self._book)
        return PreparedBatch(batch)

    def _bounded(self, messages: Sequence[Message], batch: Batch) -> Batch:
        """Keep dead letters within the bound of one flush by keeping less of each, never by hiding one."""
        kept = batch.rejects
        if sum(len(reject.payload) for reject in kept) <= self._dead_letter_bytes_max:
            return batch
        each = self._dead_letter_bytes_max // len(kept)
        shorter = self._settings.model_copy(update={"payload_kept_bytes_max": each})
        return rust_core.decode(messages, limits_from_settings(shorter))
