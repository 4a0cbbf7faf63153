"""The version of a tenant's data: two reads that give the same one lie around no change of any answer.

Values only. They are read by one statement that does not look at the data itself (`analytics_hub/query/freshness.py`).

Every change of usage comes with a line of the ledger, in the same transaction. Flushes are not committed in the order
of their numbers, nor of their beginnings, so the newest alone would not tell: the version is the moment when the newest
flush began, and the number of lines of the flushes that began in the window before it. A flush that is committed later
either began later, which moves the moment for ever, or within the window, which makes the number grow, or it ran longer
than the window, which its deadline forbids. So no version comes back after a change. Besides, answers depend on the
declared tags and on what retention has dropped. Closing hours changes no answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FLUSH_WINDOW_MIN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class DataVersion:
    """Compared by value; never ordered."""

    newest_flush: datetime | None
    flushes: int
    declared_tags: tuple[str, ...]
    dropped_before: tuple[datetime, ...]
    """Of minutes, hours and events."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The version that was in force at a moment."""

    version: DataVersion
    taken_at: datetime


def flush_window(flush_deadline_s: float) -> timedelta:
    """How long before the newest a flush can have begun that is not committed yet; twice its deadline, to be sure."""
    return max(FLUSH_WINDOW_MIN, timedelta(seconds=2 * flush_deadline_s))
