"""How far a load of old events has come, and up to when its days can be closed.

In: the days of each flush, in the order of the flushes. Out: the moment up to which closing is worth its while, or
nothing. No clock, no database. Input in order of time: a day is complete when a flush has passed it. Input in no order:
no day is complete before the end, and closing what is there only keeps the marks that wait in bounds; because each time
may have to be done again, the bound doubles, so that all closing together stays within twice the last. What was closed
too early is marked again by the flush that comes back to it: this decides about effort, never about exactness.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOURS_A_DAY = 24


@dataclass(slots=True)
class LoadedDays:
    """What the flushes of one load have touched. Days are counted since 1970-01-01, as the core does."""

    marks_max: int
    days: set[int] = field(default_factory=set)
    _marks: dict[int, int] = field(default_factory=dict)
    """Of hours that wait, by day; as many as there can be."""

    @property
    def first(self) -> datetime | None:
        return _start(min(self.days)) if self.days else None

    @property
    def last(self) -> datetime | None:
        return _start(max(self.days)) if self.days else None

    @property
    def waiting(self) -> int:
        """At most how many marks of hours wait."""
        return sum(self._marks.values())

    def touched(self, days: Sequence[int], *, stored: bool) -> datetime | None:
        """A flush touched these ascending days. `stored`: not all of it was there already, so it left marks."""
        if not days:
            return None
        self.days.update(days)
        if stored:
            for day in days:
                self._marks[day] = self._marks.get(day, 0) + _HOURS_A_DAY
        if any(day < days[0] for day in self._marks):
            return _start(days[0])
        if self.waiting > self.marks_max:
            self.marks_max *= 2
            return self.end
        return None

    @property
    def end(self) -> datetime:
        """After the last day."""
        return _start(max(self.days, default=0) + 1)

    def closed(self, until: datetime) -> None:
        """Nothing before this moment waits any longer."""
        for day in [day for day in self._marks if _start(day) < until]:
            del self._marks[day]


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What a load of history came to, beside its counts."""

    days: int
    first: datetime | None
    last: datetime | None
    closed_hours: int
    closed_days: int
    closing_s: float
    """Spent on closing, most of it while the load went on."""
    after_load_s: float
    """Of these, those after the last event was stored."""
    complete: bool
    """Everything that is over is closed. Else answers are exact, only slower, until the next round of any closer."""
    error: Exception | None = None
    """Why it is not complete, where that was a fault."""


def _start(day: int) -> datetime:
    return _EPOCH + timedelta(days=day)
