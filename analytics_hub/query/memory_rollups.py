"""What a closer, retention and tables do with rollups, as a few lists: for tests and for understanding.

In: deltas, a time to close at, borders of retention. Out: rows by level and the marks that belong to them, by the rules
that `analytics_hub/storage/closer` keeps in a database. `memory.py` answers questions from it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from analytics_hub.domain.plan import FACET_OF_ALL, Level, Span
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.query.levels import DAY, HOUR, floor

WIDTHS: Final = {
    Level.TOTAL_MINUTE: timedelta(minutes=1),
    Level.FACET_HOUR: HOUR,
    Level.HOUR: HOUR,
    Level.FACET_DAY: DAY,
    Level.DAY: DAY,
}


@dataclass(frozen=True)
class Delta:
    """A rollup row: when, which series (dimensions and `tag.<key>`), how much, by which end-user. A row of a facet says
    along which dimension it is, and has no other."""

    bucket: datetime
    series: Mapping[str, str]
    sums: Mapping[str, int]
    sketches: Mapping[str, bytes] = field(default_factory=dict)
    facet: str = FACET_OF_ALL
    user: str = ""


class MemoryRollups:
    """One tenant's rows, marks, gaps and borders."""

    def __init__(self, facet_values_max: int = 100) -> None:
        self.levels: dict[Level, list[Delta]] = {level: [] for level in Level}
        self.hours: set[datetime] = set()
        self.days: set[datetime] = set()
        self.gaps: dict[str, set[datetime]] = {}
        self.minutes_dropped_before: datetime | None = None
        self.hours_dropped_before: datetime | None = None
        self._facet_values_max = facet_values_max

    def add(self, delta: Delta) -> None:
        """A flush of one delta: the row and the mark of its hour, together."""
        self.levels[Level.MINUTE].append(delta)
        self.levels[Level.EVENT].append(delta)
        self.hours.add(floor(delta.bucket, HOUR))

    def close(self, now: datetime) -> None:
        """The closer: hours that are over from their deltas, days that are over from their hours."""
        for hour in [hour for hour in self.hours if hour + HOUR <= now]:
            if _before(hour, self.hours_dropped_before):
                self._add_late(Level.DAY, Level.FACET_DAY, hour)
                self._recompute_users(floor(hour, DAY))
            elif _before(hour, self.minutes_dropped_before):
                self._add_late(Level.HOUR, Level.FACET_HOUR, hour)
                self.days.add(floor(hour, DAY))
            else:
                self._recompute_hour(hour)
                self.days.add(floor(hour, DAY))
            self.hours.remove(hour)
        for day in [day for day in self.days if day + DAY <= now]:
            self._recompute_day(day)
            self.days.remove(day)

    def drop_minutes(self, before: datetime) -> None:
        """Retention: whole hours of minutes go. The border never passes a marked hour: its minutes are not
        yet all in its coarse row, and behind the border they would be added to it a second time.
        """
        border = _moved(self.minutes_dropped_before, before, self.hours)
        self.minutes_dropped_before = border
        for level in (Level.MINUTE, Level.TOTAL_MINUTE):
            self.levels[level] = [
                row
                for row in self.levels[level]
                if row.bucket >= border or (level is Level.MINUTE and floor(row.bucket, HOUR) in self.hours)
            ]

    def drop_hours(self, before: datetime) -> None:
        """Retention: whole days of hours go, whose minutes went before and that nothing marks."""
        waiting = {floor(hour, DAY) for hour in self.hours} | self.days
        kept = self.minutes_dropped_before
        if kept is None:
            return
        border = _moved(self.hours_dropped_before, floor(min(before, kept), DAY), waiting)
        self.hours_dropped_before = border
        for level in (Level.HOUR, Level.FACET_HOUR):
            self.levels[level] = [row for row in self.levels[level] if row.bucket >= border]

    def _recompute_hour(self, hour: datetime) -> None:
        span = Span(hour, hour + HOUR)
        rows = list(within(self.levels[Level.MINUTE], span))
        self._replace(Level.HOUR, span, [replace(row, bucket=hour) for row in rows])
        facets = [one for row in rows for one in _facet_rows(row, hour)]
        gaps = self._gaps(facets)
        for dimension in ALL_FACETS:
            hours = self.gaps.setdefault(dimension, set())
            (hours.add if dimension in gaps else hours.discard)(hour)
        self._replace(Level.FACET_HOUR, span, [row for row in facets if row.facet not in gaps])
        self._replace(Level.TOTAL_MINUTE, span, [replace(row, series={}) for row in rows])

    def _recompute_day(self, day: datetime) -> None:
        span = Span(day, day + DAY)
        for level, source in ((Level.DAY, Level.HOUR), (Level.FACET_DAY, Level.FACET_HOUR)):
            rows = [replace(row, bucket=day) for row in within(self.levels[source], span)]
            if level is Level.FACET_DAY:
                rows = [row for row in rows if not self._day_has_gap(row.facet, day)]
            self._replace(level, span, rows)
        self._recompute_users(day)

    def _recompute_users(self, day: datetime) -> None:
        span = Span(day, day + DAY)
        rows = [replace(row, bucket=day, series={}) for row in within(self.levels[Level.EVENT], span)]
        self._replace(Level.USER_DAY, span, rows)

    def _add_late(self, level: Level, facet: Level, hour: datetime) -> None:
        """What came after the minutes were dropped is added to the coarse row, and gone from the minutes."""
        bucket = floor(hour, WIDTHS[level])
        late = list(within(self.levels[Level.MINUTE], Span(hour, hour + HOUR)))
        self.levels[level] += [replace(row, bucket=bucket) for row in late]
        facets = [one for row in late for one in _facet_rows(row, bucket)]
        gap = self._day_has_gap if facet is Level.FACET_DAY else self._hour_has_gap
        self.levels[facet] += [row for row in facets if not gap(row.facet, bucket)]
        taken = {id(row) for row in late}
        self.levels[Level.MINUTE] = [row for row in self.levels[Level.MINUTE] if id(row) not in taken]

    def _gaps(self, facets: Sequence[Delta]) -> set[str]:
        values: dict[str, set[str]] = {}
        for row in facets:
            values.setdefault(row.facet, set()).update(row.series.values())
        return {name for name, found in values.items() if len(found) > self._facet_values_max}

    def _hour_has_gap(self, dimension: str, hour: datetime) -> bool:
        return hour in self.gaps.get(dimension, ())

    def _day_has_gap(self, dimension: str, day: datetime) -> bool:
        return any(floor(hour, DAY) == day for hour in self.gaps.get(dimension, ()))

    def _replace(self, level: Level, span: Span, rows: Iterable[Delta]) -> None:
        kept = [row for row in self.levels[level] if not span.start <= row.bucket < span.end]
        self.levels[level] = [*kept, *rows]


ALL_FACETS: Final = (FACET_OF_ALL, *DIMENSIONS)


def within(rows: Sequence[Delta], span: Span) -> Iterator[Delta]:
    return (row for row in rows if span.start <= row.bucket < span.end)


def _facet_rows(row: Delta, bucket: datetime) -> Iterator[Delta]:
    for dimension in ALL_FACETS:
        series = {dimension: row.series.get(dimension, "")} if dimension else {}
        yield replace(row, bucket=bucket, series=series, facet=dimension)


def _before(moment: datetime, border: datetime | None) -> bool:
    return border is not None and moment < border


def _moved(border: datetime | None, wanted: datetime, marked: Iterable[datetime]) -> datetime:
    """The border moved on, but not past what is marked and not back."""
    ahead = [one for one in marked if border is None or one >= border]
    moved = min([wanted, *ahead])
    return moved if border is None else max(border, moved)
