"""The planner: which level answers which part of a range, so that every answer is exact at every moment.
Pure.

In: a question and the marks that its snapshot shows. Out: a `Plan` whose reads cover the range exactly once.

    output bucket   |--------------------------------------------|
    edge minutes    |--|                                      |--|    usage_1m, of all series usage_1m_total
    whole hours        |-----|                          |-----|       usage_1h_facet or usage_1h, marked ones usage_1m
    whole UTC days           |--------------------------|             usage_1d_facet or usage_1d, marked ones by hours

Rules
1. Output buckets of up to 15 minutes read minutes only.
2. A coarse row is read only when it lies wholly inside the range and one output bucket.
3. A day is read as a day when neither it nor any of its hours is marked, else by its hours.
4. An hour is read as an hour when it is not marked, else from usage_1m.
5. A question that names at most one of the eight dimensions, and no tag, reads days and hours from the facet of
that dimension; one that names none reads the minutes of closed hours from usage_1m_total. Where the facet has a gap,
the same days, hours and minutes are read by series.
6. A marked hour whose minutes are dropped already: its coarse row plus the minute rows that came late. A day whose
hours are dropped likewise: its day row plus those minute rows.
7. What is dropped cannot be asked for: that is said (`minutes_not_kept`, `hours_not_kept`), never guessed.
8. Were the spans of a level too many (a closer that is behind on scattered history), everything from the first to the
last marked hour is read from minutes; were it the gaps of a facet, all is read by series: slower, and still exact.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from analytics_hub.domain.errors import InvalidInput, TryLater
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import FACET_OF_ALL, Level, Marks, Plan, Read, Span
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.domain.usage import FINE_INTERVALS, Interval, UsageQuery
from analytics_hub.query.buckets import bucket_edges, bucket_spans
from analytics_hub.query.levels import (
    DAY,
    EPOCH,
    HOUR,
    Known,
    Part,
    ceil,
    decompose,
    decompose_hours,
    floor,
    instead,
    minutes,
)

COVERAGE_COLUMNS: Final = (
    "events",
    "total_tokens",
    "unpriced_events",
    "partial_events",
    "estimated_events",
    "unpriced_tokens",
)
"""Read for every answer, whatever was asked: it says how much of itself is priced."""


def marks_span(query: UsageQuery) -> Span:
    """The range whose marks the planner must know: every UTC day that the question touches."""
    return Span(floor(query.start, DAY), ceil(query.end, DAY))


def facet_of(query: UsageQuery) -> str | None:
    """The one dimension that the question names, '' when it names none; None when no facet can answer it."""
    named = {*query.group_by, *(chosen.dimension for chosen in query.filters)}
    if not named:
        return FACET_OF_ALL
    only = named.pop()
    return only if not named and only in DIMENSIONS else None


def facets_of(query: UsageQuery) -> tuple[str, ...]:
    """The facets whose gaps the planner must know: its own, and that of everything, for what is left over."""
    facet = facet_of(query)
    return () if facet is None else tuple(dict.fromkeys((facet, FACET_OF_ALL)))


def plan(query: UsageQuery, marks: Marks, *, spans_max: int) -> Plan:
    """Decide what to read. Raises InvalidInput for what is no longer kept."""
    edges = bucket_edges(query.interval, query.zone, Span(query.start, query.end))
    facet = facet_of(query)
    columns, sketches = _columns(query)
    for reads in _attempts(query, edges, marks, facet):
        if max(len(read.spans) for read in reads) <= spans_max:
            return Plan(query, edges, reads, columns, sketches, facet)
    if marks.hours or marks.days:
        raise TryLater("closer_behind", "Too many separate hours wait to be closed.", retry_after_s=30)
    message = "Too many days begin within a UTC hour or day: take a shorter range, a wider interval or the zone UTC."
    raise InvalidInput("too_many_spans", "tz", message)


def _attempts(
    query: UsageQuery, edges: tuple[datetime, ...], marks: Marks, facet: str | None
) -> Iterator[tuple[Read, ...]]:
    """What could be read, the quickest first; each is exact."""
    whole = Span(query.start, query.end)
    for along in dict.fromkeys((facet, None)):
        known = Known.of(marks, along)
        if query.interval in FINE_INTERVALS:
            yield gather(minutes(whole, known))
            continue
        if query.interval is Interval.HOUR and not any((edge - EPOCH) % HOUR for edge in edges):
            parts = list(decompose_hours(whole, known))
        else:
            parts = [part for piece in bucket_spans(edges, whole) for part in decompose(piece, known)]
        yield gather(parts)
        yield gather(instead(parts, known))


def gather(parts: Iterable[Part]) -> tuple[Read, ...]:
    """Sorted, neighbours joined, coarsest level first."""
    spans: dict[Level, list[Span]] = {level: [] for level in Level}
    for level, span in sorted(parts, key=lambda part: part[1]):
        taken = spans[level]
        if taken and taken[-1].end == span.start:
            taken[-1] = Span(taken[-1].start, span.end)
        elif span.start < span.end:
            taken.append(span)
    return tuple(Read(level, tuple(taken)) for level, taken in spans.items() if taken)


def metric_columns(query: UsageQuery) -> tuple[str, ...]:
    """What to read for the metrics alone, each once. Who used something is counted where there are events."""
    metrics = [METRICS[name] for name in query.metrics]
    wanted = [column for metric in metrics for column in metric.columns]
    wanted += ["events" for metric in metrics if metric.distinct]
    return tuple(dict.fromkeys(wanted))


def _columns(query: UsageQuery) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to read for the metrics, the order and the coverage, each once."""
    metrics = [METRICS[name] for name in query.metrics]
    wanted = [*COVERAGE_COLUMNS, *(column for metric in metrics for column in metric.columns)]
    if query.group_by:
        wanted += METRICS[query.ordering.metric].columns
    sketches = [metric.sketch for metric in metrics if metric.sketch]
    return tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(sketches))
