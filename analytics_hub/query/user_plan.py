"""The planner of users: which part of a range is answered by days and hours of users, which by raw events. Pure.

In: a question, the marks of its snapshot and the rows that there are. Out: a `UserPlan` of the levels USER_DAY, EVENT
and, where hours are handed in, USER_HOUR that covers the range once.

Rules
1. A UTC day that lies wholly inside the range and one output bucket, and that neither itself nor by one of its hours is
marked, is read from `usage_user_1d`; everything else from the events.
2. A marked day whose events are dropped: its row plus the events that came late.
3. Events that are dropped cannot be asked for otherwise: that is said (`events_not_kept`), never guessed.
4. Raw events are many: of so many days at most, then the question is refused (or, when it is the closer that is behind,
put off).
5. What would be events is read from hours where there are any (`user_hours.py`).
6. Days and hours are read as the pieces with the fewest rows (`user_runs.py`); of a sum that no run has, as days.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from analytics_hub.domain.errors import InvalidInput, TooMuch, TryLater
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import Level, Marks, Read, Span
from analytics_hub.domain.usage import FIRST_MOMENT, UsageQuery
from analytics_hub.domain.user_usage import RUN_COLUMNS, BucketRows, Piece, UserPlan, UserQuery
from analytics_hub.query.buckets import bucket_edges, bucket_spans
from analytics_hub.query.levels import DAY, ceil, floor
from analytics_hub.query.user_hours import readable_hours, split
from analytics_hub.query.user_runs import pieces

USER_COVERAGE_COLUMNS: Final = ("events", "unpriced_events", "partial_events", "estimated_events")
"""Read for every answer, whatever was asked: it says how much of itself is priced."""

_Part = tuple[Level, Span]


def plan_users(
    query: UserQuery,
    marks: Marks,
    known: Sequence[BucketRows] = (),
    hours: Sequence[BucketRows] = (),
    *,
    spans_max: int,
) -> UserPlan:
    """Decide what to read: of the days `known`, of the hours that are handed in. Raises for what is no longer kept, or
    too much."""
    usage = query.usage
    whole = Span(usage.start, usage.end)
    edges = bucket_edges(usage.interval, usage.zone, whole)
    parts = [(Level.EVENT, whole)]
    if query.has_days:
        parts = [part for piece in bucket_spans(edges, whole) for part in _days(piece, marks)]
    _check_kept(parts, marks)
    columns = _columns(usage)
    has_runs = set(columns) <= set(RUN_COLUMNS)
    if not (has_runs and query.has_hours):
        hours = ()
    reads = _gather(_by_hour(_gather(parts), readable_hours(hours, marks, edges)))
    _check_bounds(query, reads, marks, spans_max)
    return UserPlan(usage, edges, reads, columns, (), pieces=_pieces(reads, known if has_runs else (), hours))


def _by_hour(reads: Iterable[Read], readable: frozenset[datetime]) -> Iterator[_Part]:
    for read in reads:
        for span in read.spans:
            if read.level is Level.EVENT:
                yield from split(span, readable)
            else:
                yield read.level, span


def _pieces(
    reads: Iterable[Read], days: Sequence[BucketRows], hours: Sequence[BucketRows]
) -> tuple[Piece, ...]:
    known = {Level.USER_DAY: days, Level.USER_HOUR: hours}
    return tuple(
        piece
        for read in reads
        if read.level in known
        for piece in pieces(read.spans, known[read.level], read.level)
    )


def _days(piece: Span, marks: Marks) -> Iterator[_Part]:
    first, last = ceil(piece.start, DAY), floor(piece.end, DAY)
    if first >= last:
        yield Level.EVENT, piece
        return
    yield Level.EVENT, Span(piece.start, first)
    marked = marks.days | {floor(hour, DAY) for hour in marks.hours}
    day = first
    while day < last:
        span = Span(day, day + DAY)
        is_dropped = marks.events_dropped_before is not None and day < marks.events_dropped_before
        if day not in marked or is_dropped:
            yield Level.USER_DAY, span
        if day in marked:
            yield Level.EVENT, span
        day += DAY
    yield Level.EVENT, Span(last, piece.end)


def _check_kept(parts: Iterable[_Part], marks: Marks) -> None:
    """Events before the border are there only where they came late, beside the day that they will be added to."""
    kept_from = marks.events_dropped_before or FIRST_MOMENT
    days = {span for level, span in parts if level is Level.USER_DAY}
    for level, span in parts:
        if level is Level.EVENT and span.start < min(span.end, kept_from) and span not in days:
            raise InvalidInput(
                "events_not_kept",
                "from",
                f"Raw events are kept from {kept_from:%Y-%m-%d} on; before it users are known by whole UTC days only, "
                "without filters and other groups.",
            )


def _gather(parts: Iterable[_Part]) -> tuple[Read, ...]:
    """Sorted, neighbours joined, days first."""
    spans: dict[Level, list[Span]] = {Level.USER_DAY: [], Level.USER_HOUR: [], Level.EVENT: []}
    for level, span in sorted(parts, key=lambda part: part[1]):
        taken = spans[level]
        if taken and taken[-1].end == span.start:
            taken[-1] = Span(taken[-1].start, span.end)
        elif span.start < span.end:
            taken.append(span)
    return tuple(Read(level, tuple(taken)) for level, taken in spans.items() if taken)


def _check_bounds(query: UserQuery, reads: tuple[Read, ...], marks: Marks, spans_max: int) -> None:
    raw = [span for read in reads if read.level is Level.EVENT for span in read.spans]
    too_long = sum((span.length for span in raw), timedelta()) > timedelta(days=query.raw_days_max)
    if not too_long and len(raw) <= spans_max:
        return
    if marks.hours or marks.days:
        raise TryLater("closer_behind", "Too many days wait to be closed.", retry_after_s=30)
    raise TooMuch(
        "too_many_raw_days",
        f"Local days are counted from raw events, of {query.raw_days_max} days at most: "
        "take a shorter range, a wider interval, or the zone UTC.",
        field="interval",
    )


def _columns(query: UsageQuery) -> tuple[str, ...]:
    """What to read for the metrics, the order and the coverage, each once."""
    metrics = [*(METRICS[name] for name in query.metrics), METRICS[query.ordering.metric]]
    wanted = (*USER_COVERAGE_COLUMNS, *(column for metric in metrics for column in metric.columns))
    return tuple(dict.fromkeys(wanted))
