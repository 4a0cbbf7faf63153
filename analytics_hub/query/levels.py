"""Which level may be believed for which part of a range, by the marks of one snapshot. Pure.

In: pieces of a range that lie within one output bucket each. Out: (level, span) parts that cover every piece exactly
once. The rules stand in `plan.py`; each function here is one level of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.plan import FACET_OF_ALL, Level, Marks, Span
from analytics_hub.domain.usage import FIRST_MOMENT

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Hours and days are counted from here, as the tables do."""

Part = tuple[Level, Span]


@dataclass(frozen=True)
class Known:
    """The marks, arranged for the questions that the planner asks. The gaps are those of the facet."""

    facet: str | None
    hours: frozenset[datetime]
    days: frozenset[datetime]
    gap_hours: frozenset[datetime]
    gap_days: frozenset[datetime]
    minutes_from: datetime
    hours_from: datetime

    @classmethod
    def of(cls, marks: Marks, facet: str | None) -> "Known":
        hours_from = marks.hours_dropped_before or FIRST_MOMENT
        minutes_from = max(marks.minutes_dropped_before or FIRST_MOMENT, hours_from)
        # Retention drops whole hours and whole days; a half-dropped one could be answered by no level.
        assert not (minutes_from - EPOCH) % HOUR
        assert not (hours_from - EPOCH) % DAY
        gaps = frozenset() if facet is None else marks.gaps.get(facet, frozenset())
        days = marks.days | {floor(hour, DAY) for hour in marks.hours}
        gap_days = frozenset(floor(hour, DAY) for hour in gaps)
        return cls(facet, marks.hours, days, gaps, gap_days, minutes_from, hours_from)

    def level(self, coarse: Level, facet: Level, has_gap: bool) -> Level:
        return coarse if self.facet is None or has_gap else facet


def decompose(piece: Span, known: Known) -> Iterator[Part]:
    """One piece of one output bucket: minutes at its edges, hours inside them, days inside those."""
    first, last = ceil(piece.start, HOUR), floor(piece.end, HOUR)
    if first >= last:
        yield from minutes(piece, known)
        return
    yield from minutes(Span(piece.start, first), known)
    yield from _hours_and_days(Span(first, last), known)
    yield from minutes(Span(last, piece.end), known)


def minutes(span: Span, known: Known) -> Iterator[Part]:
    """Minutes as such: of the whole tenant where its hour is closed, else by series."""
    if span.start == span.end:
        return
    _check_minutes_kept(span, known)
    if known.facet != FACET_OF_ALL:
        yield Level.MINUTE, span
        return
    for hour in _steps(Span(floor(span.start, HOUR), ceil(span.end, HOUR)), HOUR):
        closed = hour.start not in known.hours and hour.start not in known.gap_hours
        part = Span(max(hour.start, span.start), min(hour.end, span.end))
        yield Level.TOTAL_MINUTE if closed else Level.MINUTE, part


def _hours_and_days(span: Span, known: Known) -> Iterator[Part]:
    first, last = ceil(span.start, DAY), floor(span.end, DAY)
    if first >= last:
        yield from _hours(span, known)
        return
    yield from _hours(Span(span.start, first), known)
    for day in _steps(Span(first, last), DAY):
        behind = day.start < known.hours_from
        if day.start in known.days and not behind:
            yield from _hours(day, known)
            continue
        yield known.level(Level.DAY, Level.FACET_DAY, day.start in known.gap_days), day
        if behind:
            late = (hour for hour in _steps(day, HOUR) if hour.start in known.hours)
            yield from ((Level.MINUTE, hour) for hour in late)
    yield from _hours(Span(last, span.end), known)


def _hours(span: Span, known: Known) -> Iterator[Part]:
    if span.start < min(span.end, known.hours_from):
        raise InvalidInput(
            "hours_not_kept",
            "from",
            f"Before {known.hours_from:%Y-%m-%d} only whole UTC days are kept: "
            "move the range to full UTC days, take a wider interval or the zone UTC.",
        )
    for hour in _steps(span, HOUR):
        closed = hour.start not in known.hours
        behind = hour.start < known.minutes_from
        if closed or behind:
            yield known.level(Level.HOUR, Level.FACET_HOUR, hour.start in known.gap_hours), hour
        if not closed:
            yield Level.MINUTE, hour


def _check_minutes_kept(span: Span, known: Known) -> None:
    if span.start < known.minutes_from:
        raise InvalidInput(
            "minutes_not_kept",
            "from",
            f"Before {known.minutes_from:%Y-%m-%dT%H:%MZ} only whole UTC hours are kept: "
            "move the range to full hours, take a wider interval or another zone.",
        )


def instead(parts: Iterable[Part], known: Known) -> Iterator[Part]:
    """The same parts, but everything from the first to the last marked hour that still has its minutes is read from
    minutes."""
    whole = list(parts)
    late = [
        span
        for level, span in whole
        if level is Level.MINUTE
        and span.start >= known.minutes_from
        and floor(span.start, HOUR) in known.hours
    ]
    if not late:
        yield from whole
        return
    covered = Span(min(late).start, max(span.end for span in late))
    # From `minutes_from` on the parts are disjoint, so each lies either wholly inside or wholly outside.
    yield from (part for part in whole if part[1].end <= covered.start or part[1].start >= covered.end)
    yield Level.MINUTE, covered


def floor(moment: datetime, width: timedelta) -> datetime:
    return moment - (moment - EPOCH) % width


def ceil(moment: datetime, width: timedelta) -> datetime:
    return moment + (EPOCH - moment) % width


def _steps(span: Span, width: timedelta) -> Iterator[Span]:
    start = span.start
    while start < span.end:
        yield Span(start, start + width)
        start += width
