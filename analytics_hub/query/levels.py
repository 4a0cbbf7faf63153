"""Which level may be believed for which part of a range, by the marks of one snapshot. Pure.

In: pieces of a range that lie within one output bucket each. Out: (level, span) parts that cover every piece exactly
once. The rules stand in `plan.py`; each function here is one level of them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
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
    """The marks, arranged for the questions that the planner asks. The gaps are those of the facet; `odd_hours` and
    `odd_days`, ascending, are all that are not read like their neighbours.
    """

    facet: str | None
    hours: frozenset[datetime]
    days: frozenset[datetime]
    gap_hours: frozenset[datetime]
    gap_days: frozenset[datetime]
    minutes_from: datetime
    hours_from: datetime
    odd_hours: Sequence[datetime]
    odd_days: Sequence[datetime]

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
        return cls(
            facet=facet,
            hours=marks.hours,
            days=days,
            gap_hours=gaps,
            gap_days=gap_days,
            minutes_from=minutes_from,
            hours_from=hours_from,
            odd_hours=sorted(marks.hours | gaps),
            odd_days=sorted(days | gap_days),
        )

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


def decompose_hours(whole: Span, known: Known) -> Iterator[Part]:
    """A range whose output buckets are the UTC hours: as `decompose` of each of them, without looking at each."""
    first, last = ceil(whole.start, HOUR), floor(whole.end, HOUR)
    if first >= last:
        yield from minutes(whole, known)
        return
    yield from minutes(Span(whole.start, first), known)
    yield from _hours(Span(first, last), known)
    yield from minutes(Span(last, whole.end), known)


def minutes(span: Span, known: Known) -> Iterator[Part]:
    """Minutes as such: of the whole tenant where its hour is closed, else by series."""
    if span.start == span.end:
        return
    _check_minutes_kept(span, known)
    if known.facet != FACET_OF_ALL:
        yield Level.MINUTE, span
        return
    for run, odd in _runs(Span(floor(span.start, HOUR), ceil(span.end, HOUR)), known.odd_hours, HOUR):
        part = Span(max(run.start, span.start), min(run.end, span.end))
        yield Level.MINUTE if odd else Level.TOTAL_MINUTE, part


def _hours_and_days(span: Span, known: Known) -> Iterator[Part]:
    first, last = ceil(span.start, DAY), floor(span.end, DAY)
    if first >= last:
        yield from _hours(span, known)
        return
    yield from _hours(Span(span.start, first), known)
    for run, odd in _runs(Span(first, last), known.odd_days, DAY):
        behind = run.start < known.hours_from
        if odd and run.start in known.days and not behind:
            yield from _hours(run, known)
            continue
        yield known.level(Level.DAY, Level.FACET_DAY, odd and run.start in known.gap_days), run
        if odd and behind:
            hours = _runs(run, known.odd_hours, HOUR)
            yield from ((Level.MINUTE, hour) for hour, _ in hours if hour.start in known.hours)
    yield from _hours(Span(last, span.end), known)


def _hours(span: Span, known: Known) -> Iterator[Part]:
    if span.start < min(span.end, known.hours_from):
        raise InvalidInput(
            "hours_not_kept",
            "from",
            f"Before {known.hours_from:%Y-%m-%d} only whole UTC days are kept: "
            "move the range to full UTC days, take a wider interval or the zone UTC.",
        )
    for run, odd in _runs(span, known.odd_hours, HOUR):
        closed = not odd or run.start not in known.hours
        behind = run.start < known.minutes_from
        if closed or behind:
            yield known.level(Level.HOUR, Level.FACET_HOUR, odd and run.start in known.gap_hours), run
        if not closed:
            yield Level.MINUTE, run


def _runs(span: Span, odd: Sequence[datetime], width: timedelta) -> Iterator[tuple[Span, bool]]:
    """The span cut at its odd hours or days: runs of even ones, and every odd one by itself."""
    start = span.start
    for at in range(bisect_left(odd, span.start), bisect_left(odd, span.end)):
        if start < odd[at]:
            yield Span(start, odd[at]), False
        start = odd[at] + width
        yield Span(odd[at], start), True
    if start < span.end:
        yield Span(start, span.end), False


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
