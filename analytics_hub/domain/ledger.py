"""The ledger: the account of received, stored, duplicate and rejected events by hour of receipt.

The equation `received = stored + duplicate + rejected` is able to fail, because `received` is counted apart
from the outcomes. The use case that reads it is `analytics_hub/query/ledger.py`; `storage/ledger_check.py`
compares it with the rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from analytics_hub.domain.tenant import TenantId


@dataclass(frozen=True, slots=True)
class LedgerCount:
    """Events by what became of them. Adds up with `+`."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0

    @property
    def balanced(self) -> bool:
        return self.difference == 0

    @property
    def difference(self) -> int:
        """Events received of which nobody knows what became; below zero: outcomes that nobody received."""
        return self.received - self.stored - self.duplicate - self.rejected

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


class Rule(StrEnum):
    """What must hold for every tenant and hour of receipt."""

    EQUATION = "equation"
    """received = stored + duplicate + rejected"""
    ROWS = "rows"
    """stored = rows in usage_events + events removed on purpose"""


@dataclass(frozen=True, slots=True)
class Breach:
    """One hour in which a rule does not hold."""

    tenant_id: TenantId
    hour: datetime
    rule: Rule
    expected: int
    found: int

    def __str__(self) -> str:
        what = "received" if self.rule is Rule.EQUATION else "stored"
        other = "outcomes" if self.rule is Rule.EQUATION else "rows"
        return (
            f"ledger of tenant {self.tenant_id}, hour {self.hour:%Y-%m-%dT%H:%MZ}: "
            f"{self.expected:,} {what}, {self.found:,} {other}"
        )


def sum_counts(counts: Iterable[LedgerCount]) -> LedgerCount:
    total = LedgerCount()
    for count in counts:
        total += count
    return total
