"""What bounds a load of history: days that must not be loaded again, and days that retention is about to take.

In: an opened hub and a tenant, before the load; the first day that was loaded, after it. Out: a decoder that refuses
the events of spent days (`too_old`), and notes for people. Events of any age are taken, but where the events of a day
are gone and its sums are not, a duplicate would be counted twice, so nothing is taken there: a load that was stopped
in the middle of such a day leaves the rest of it in the dead letters. Within one load, a duplicate behind the retention
is known until its day is closed.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import DecodeSettings, RetentionSettings
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.spent_days import spent_days
from ingest.decode import Decoder, PreparedBatch
from rust_core import Message, PriceBook

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_REASON = "the events of this day are gone by retention and its sums are not: a duplicate could not be told"


class HistoryDecoder(Decoder):
    """Refuses what happened on a spent day; everything else is as it is decoded."""

    def __init__(
        self, settings: DecodeSettings, book: PriceBook, dead_letter_bytes_max: int, spent: frozenset[int]
    ) -> None:
        super().__init__(settings, book, dead_letter_bytes_max)
        self._spent = spent

    def decode(self, messages: Sequence[Message]) -> PreparedBatch:
        prepared = super().decode(messages)
        refused = self._spent.intersection(prepared.batch.days()) if self._spent else ()
        if refused:
            days = pl.DataFrame(prepared.batch).get_column("ts").dt.epoch("d")
            prepared.batch.poison(days.is_in(list(refused)).arg_true().to_list(), "too_old", _REASON)
        return prepared


def days_spent(hub: OpenedHub, tenant_id: TenantId) -> frozenset[int]:
    """Days since 1970-01-01 that retention has taken the events of, and not the sums."""
    closer = hub.settings.closer
    timeouts = Timeouts(
        connect_s=hub.settings.database.connect_timeout_s, statement_ms=closer.statement_timeout_ms
    )
    with translated(), connect(hub.dsn("hub_maint"), "hub-load", timeouts) as conn:
        return frozenset((day - _EPOCH) // _DAY for day in spent_days(conn, tenant_id))


def retention_notes(retention: RetentionSettings, first: datetime, now: datetime) -> Iterator[str]:
    """What becomes of the oldest days soon, for people."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if retention.minutes_days and first < (at := today - retention.minutes_days * _DAY):
        yield f"sums by minute before {at:%Y-%m-%d} go with the next retention (HUB_RETENTION_MINUTES_DAYS)"
    if retention.events_days and first < (at := today - retention.events_days * _DAY):
        yield (
            f"events before {at:%Y-%m-%d} go with the next retention (HUB_RETENTION_EVENTS_DAYS): their sums stay, "
            "and such a day cannot be loaded again"
        )
    if retention.hours_days and first < (at := today - retention.hours_days * _DAY):
        yield f"sums by hour before {at:%Y-%m-%d} go with the next retention (HUB_RETENTION_HOURS_DAYS)"
