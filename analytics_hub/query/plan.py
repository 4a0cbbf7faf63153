"""The planner: which level answers which part of a range, so that every answer is exact at every moment.
Pure.

In: a question and the marks that its snapshot shows. Out: a `Plan` whose reads cover the range exactly once.

    output bucket   |--------------------------------------------|
    edge minutes    |--|                                      |--|    usage_1m
    whole hours        |-----|                          |-----|       usage_1h, marked ones usage_1m
    whole UTC days           |--------------------------|             usage_1d, marked ones by hours

Rules
1. Output buckets of up to 15 minutes read minutes only.
2. A coarse row is read only when it lies wholly inside the range and one output bucket.
3. A day is read from usage_1d when neither it nor any of its hours is marked, else by its hours.
4. An hour is read from usage_1h when it is not marked, else from usage_1m.
5. A marked hour whose minutes are dropped already: its coarse row plus the minute rows that came late.
6. Minutes that are dropped cannot be asked for: that is said (`minutes_not_kept`), never guessed.
7. Were the spans of a level too many (a closer that is behind on scattered history), everything from the
first to the last marked hour is read from minutes: slower, and still exact.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from analytics_hub.domain.errors import InvalidInput, TryLater
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import Level, Marks, Plan, Read, Span
from analytics_hub.domain.usage import FIRST_MOMENT, Interval, UsageQuery
from analytics_hub.query.buckets import bucket_edges, bucket_spans

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MINUTES_ONLY = {Interval.MINUTE, Interval.MINUTES_5, Interval.MINUTES_15}

COVERAGE_COLUMNS: Final = (
    "events",
    "total_tokens",
    "unpriced_events",
    "partial_events",
    "estimated_events",
    "unpriced_tokens",
)
"""Read for every answer, whatever was asked: it says how much of itself is priced."""

_Part = tuple[Level, Span]


@dataclass(frozen=True)
class _Known:
    """The marks, arranged for the questions that the planner asks."""

    hours: frozenset[datetime]
    days: frozenset[datetime]
    kept_from: datetime

    @classmethod
    def of(cls, marks: Marks) -> "_Known":
        kept_from = marks.minutes_dropped_before or FIRST_MOMENT
        # Retention drops whole hours; a half-dropped hour could be answered by no level.
        assert not (kept_from - _EPOCH) % _HOUR
        return cls(marks.hours, marks.days | {_floor(hour, _DAY) for hour in marks.hours}, kept_from)


def marks_span(query: UsageQuery) -> Span:
    """The range whose marks the planner must know: every UTC day that the question touches."""
    return Span(_floor(query.start, _DAY), _ceil(query.end, _DAY))


def plan(query: UsageQuery, marks: Marks, *, spans_max: int) -> Plan:
    """Decide what to read. Raises InvalidInput for minutes that are no longer kept."""
    known = _Known.of(marks)
    whole = Span(query.start, query.end)
    edges = bucket_edges(query.interval, query.zone, whole)
    if query.interval in _MINUTES_ONLY:
        parts = [_minutes(whole, known)]
    else:
        parts = [part for piece in bucket_spans(edges, whole) for part in _decompose(piece, known)]
    reads = _gather(parts)
    if max(len(read.spans) for read in reads) > spans_max:
        reads = _gather(_instead(parts, known))
    if max(len(read.spans) for read in reads) > spans_max:
        raise TryLater("closer_behind", "Too many separate hours wait to be closed.", retry_after_s=30)
    columns, sketches = _columns(query)
    return Plan(query, edges, reads, columns, sketches)


def _decompose(piece: Span, known: _Known) -> Iterator[_Part]:
    """One piece of one output bucket: minutes at its edges, hours inside them, days inside those."""
    first, last = _ceil(piece.start, _HOUR), _floor(piece.end, _HOUR)
    if first >= last:
        yield _minutes(piece, known)
        return
    if piece.start < first:
        yield _minutes(Span(piece.start, first), known)
    yield from _hours_and_days(Span(first, last), known)
    if last < piece.end:
        yield _minutes(Span(last, piece.end), known)


def _hours_and_days(span: Span, known: _Known) -> Iterator[_Part]:
    first, last = _ceil(span.start, _DAY), _floor(span.end, _DAY)
    if first >= last:
        yield from _hours(span, known)
        return
    yield from _hours(Span(span.start, first), known)
    for day in _steps(Span(first, last), _DAY):
        if day.start in known.days:
            yield from _hours(day, known)
        else:
            yield Level.DAY, day
    yield from _hours(Span(last, span.end), known)


def _hours(span: Span, known: _Known) -> Iterator[_Part]:
    for hour in _steps(span, _HOUR):
        if hour.start not in known.hours:
            yield Level.HOUR, hour
        elif hour.start >= known.kept_from:
            yield Level.MINUTE, hour
        else:
            yield Level.HOUR, hour
            yield Level.MINUTE, hour


def _minutes(span: Span, known: _Known) -> _Part:
    if span.start < known.kept_from:
        raise InvalidInput(
            "minutes_not_kept",
            "from",
            f"Before {known.kept_from:%Y-%m-%dT%H:%MZ} only whole UTC hours are kept: "
            "move the range to full hours, take a wider interval or another zone.",
        )
    return Level.MINUTE, span


def _instead(parts: list[_Part], known: _Known) -> Iterator[_Part]:
    """Rule 7, for the part of the range whose minutes are kept."""
    late = [span for level, span in parts if level is Level.MINUTE and span.start >= known.kept_from]
    if not late:
        yield from parts
        return
    covered = Span(min(late).start, max(span.end for span in late))
    # From `kept_from` on the parts are disjoint, so each lies either wholly inside or wholly outside.
    yield from (part for part in parts if part[1].end <= covered.start or part[1].start >= covered.end)
    yield Level.MINUTE, covered


def _gather(parts: Iterable[_Part]) -> tuple[Read, ...]:
    """Sorted, neighbours joined, coarsest level first."""
    spans: dict[Level, list[Span]] = {level: [] for level in Level}
    for level, span in sorted(parts, key=lambda part: part[1]):
        taken = spans[level]
        if taken and taken[-1].end == span.start:
            taken[-1] = Span(taken[-1].start, span.end)
        elif span.start < span.end:
            taken.append(span)
    return tuple(Read(level, tuple(taken)) for level, taken in spans.items() if taken)


def _columns(query: UsageQuery) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to read for the metrics, the order and the coverage, each once."""
    metrics = [METRICS[name] for name in query.metrics]
    wanted = [*COVERAGE_COLUMNS, *(column for metric in metrics for column in metric.columns)]
    if query.group_by:
        wanted += METRICS[query.ordering.metric].columns
    sketches = [metric.sketch for metric in metrics if metric.sketch]
    return tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(sketches))


def _steps(span: Span, width: timedelta) -> Iterator[Span]:
    start = span.start
    while start < span.end:
        yield Span(start, start + width)
        start += width


def _floor(moment: datetime, width: timedelta) -> datetime:
    return moment - (moment - _EPOCH) % width


def _ceil(moment: datetime, width: timedelta) -> datetime:
    return moment + (_EPOCH - moment) % width
