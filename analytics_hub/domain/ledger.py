"""The ledger: the account of received, stored, duplicate and rejected events by hour of receipt.

The equation `received = stored + duplicate + rejected` is able to fail, because `received` is counted apart
from the outcomes. The use case that reads it is `analytics_hub/query/ledger.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LedgerCount:
    """Events by what became of them. Adds up with `+`."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0

    @property
    def balanced(self) -> bool:
        return self.received == self.stored + self.duplicate + self.rejected

    def __add__(self, other: "LedgerCount") -> "LedgerCount":
        return LedgerCount(
            self.received + other.received,
            self.stored + other.stored,
            self.duplicate + other.duplicate,
            self.rejected + other.rejected,
        )


@dataclass(frozen=True, slots=True)
class LedgerHour:
    """The account of one hour of receipt (UTC), over all of its flushes."""

    hour: datetime
    count: LedgerCount


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account of one tenant over a range of receipt hours, oldest first. Hours without receipts are
    absent.
    """

    hours: tuple[LedgerHour, ...]

    @property
    def total(self) -> LedgerCount:
        return sum_counts(hour.count for hour in self.hours)

    @property
    def balanced(self) -> bool:
        """Every single hour holds; a surplus in one cannot hide a loss in another."""
        return all(hour.count.balanced for hour in self.hours)


def sum_counts(counts: Iterable[LedgerCount]) -> LedgerCount:
    total = LedgerCount()
    for count in counts:
        total += count
    return total
