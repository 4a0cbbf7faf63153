"""Bounds of closing, as plain values. In: the settings `HUB_CLOSER_…`, where each is explained. Out: `CloserLimits`."""

from dataclasses import dataclass, fields, replace
from typing import Self

from analytics_hub.settings import CloserSettings


@dataclass(frozen=True, slots=True)
class CloserLimits:
    """Bounds of one call. The defaults are those of the settings."""

    hours_max: int = 48
    days_max: int = 31
    transaction_s_max: float = 5.0
    transactions_max: int = 100_000
    facet_values_max: int = 1_000
    copy_rows_max: int = 60_000
    copy_bytes_max: int = 32 * 1024 * 1024
    statistics_hours: int = 24
    retries_max: int = 5
    user_hours_days: int = 3

    @classmethod
    def of(cls, settings: CloserSettings) -> Self:
        return cls(**{field.name: getattr(settings, field.name) for field in fields(cls)})

    def with_transactions(self, most: int) -> Self:
        """For a caller that looks up more often."""
        return replace(self, transactions_max=most)
