"""Bounds of closing, as plain values. In: the settings `HUB_CLOSER_…`, where each is explained. Out: `CloserLimits`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloserLimits:
    """Bounds of one call. The defaults are those of the settings."""

    hours_max: int = 48  # hours closed in one transaction
    days_max: int = 31  # old day marks looked at in one transaction
    transaction_s_max: float = 5.0  # after this long a transaction begins nothing more
    retries_max: int = 5  # times a transaction is tried again after a conflict
    transactions_max: int = 100_000  # all tenants together
    facet_values_max: int = 1_000  # a dimension with more values in an hour has no facet of it
    copy_rows_max: int = 60_000  # rows of series and hour in one stream; an hour is never cut
    copy_bytes_max: int = 32 * 1024 * 1024  # what is held of a stream before its sketches are merged
    statistics_hours: int = 24  # a call that closed so many hours refreshes the statistics
