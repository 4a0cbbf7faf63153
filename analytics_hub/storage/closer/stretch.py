"""Stretches of hours that are closed in one stream. Values only.

In: marked hours in ascending order and what was dropped. Out: `Stretch`es: adjacent hours of one kind, or hours of one
day whose hours were dropped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

_HOUR = timedelta(hours=1)


class Kind(Enum):
    """What is still there of an hour."""

    WHOLE = "all of its minutes: it is summed anew"
    LATE = "its coarse row, and the minutes that came late: they are added to it"
    DROPPED = "its day's row, and the minutes that came late: they are added to that"


@dataclass(frozen=True, slots=True)
class Dropped:
    """Minutes, events and hours before these moments have been dropped; the latter two are whole UTC days."""

    minutes_before: datetime
    events_before: datetime
    hours_before: datetime

    def kind(self, hour: datetime) -> Kind:
        if hour < self.hours_before:
            return Kind.DROPPED
        return Kind.LATE if hour < self.minutes_before else Kind.WHOLE


@dataclass(frozen=True, slots=True)
class Stretch:
    kind: Kind
    hours: tuple[datetime, ...]

    @property
    def start(self) -> datetime:
        return self.hours[0]

    @property
    def stop(self) -> datetime:
        return self.hours[-1] + _HOUR

    @property
    def day(self) -> datetime:
        return self.start.replace(hour=0)

    def takes(self, hour: datetime, kind: Kind, hours_max: int) -> bool:
        if kind is not self.kind:
            return False
        if kind is Kind.DROPPED:
            return hour.date() == self.start.date()
        return hour == self.stop and len(self.hours) < hours_max


def stretches(hours: Sequence[datetime], dropped: Dropped, hours_max: int) -> Iterator[Stretch]:
    """Ascending hours joined where they may be, up to the bound of a stream."""
    stretch: Stretch | None = None
    for hour in hours:
        kind = dropped.kind(hour)
        if stretch is not None and stretch.takes(hour, kind, hours_max):
            stretch = Stretch(kind, (*stretch.hours, hour))
            continue
        if stretch is not None:
            yield stretch
        stretch = Stretch(kind, (hour,))
    if stretch is not None:
        yield stretch
