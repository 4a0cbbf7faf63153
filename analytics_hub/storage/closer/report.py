"""What the closer tells: one `Turn` for each transaction, one `ClosedReport` for each call."""

from dataclasses import dataclass
from typing import Protocol

from analytics_hub.domain.tenant import TenantId


@dataclass(frozen=True, slots=True)
class Turn:
    """One tenant's transaction: hours and days done, and whether there may be more."""

    hours: int
    days: int
    more: bool


@dataclass(frozen=True, slots=True)
class ClosedReport:
    """What one call did. `complete`: nothing that was due is left. `busy`: tenants left to another closer. `failed`:
    tenants that could not be closed, each with the reason; the others were."""

    hours: int = 0
    days: int = 0
    transactions: int = 0
    conflicts: int = 0
    busy: tuple[TenantId, ...] = ()
    failed: tuple[tuple[TenantId, str], ...] = ()
    complete: bool = True


class Watch(Protocol):
    """Is told how the closing goes on: for metrics, and for people who wait."""

    def round_began(self, hours_waiting: int) -> None:
        """A round begins, and so many hours are due."""

    def turn_ended(self, turn: Turn, seconds: float, conflicts: int) -> None:
        """A transaction was committed after so many that were not."""


class Unwatched:
    """Nobody looks."""

    def round_began(self, hours_waiting: int) -> None: ...

    def turn_ended(self, turn: Turn, seconds: float, conflicts: int) -> None: ...
