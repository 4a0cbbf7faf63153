"""Which parts of a range, that days of users do not answer, are read from hours of users instead of raw events. Pure.

In: the hours that have rows, the marks of their snapshot, the spans of raw events. Out: the same spans, cut at hours.

1. An hour that has rows and no mark holds what its events come to. One without rows may have had none or be too old.
2. Where events were dropped, those that are left came late, beside the day that gets them: they stay events.
3. An output bucket begins or ends in no hour that is read.
4. Of a span the longest stretches of hours are read, so many at most: each costs a scan more of what lies between.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from analytics_hub.domain.plan import Level, Marks, Span
from analytics_hub.domain.usage import FIRST_MOMENT
from analytics_hub.domain.user_usage import BucketRows, UserQuery
from analytics_hub.query.levels import DAY, HOUR, ceil, floor

STRETCHES_MAX: Final = 8


def hours_span(query: UserQuery) -> Span:
    """The hours that must be known to choose: with those of their day, through which runs go."""
    return Span(floor(query.usage.start, DAY), query.usage.end)


def readable_hours(
    known: Iterable[BucketRows], marks: Marks, edges: Iterable[datetime]
) -> frozenset[datetime]:
    kept_from = marks.events_dropped_before or FIRST_MOMENT
    cut = {floor(edge, HOUR) for edge in edges if edge != floor(edge, HOUR)}
    hours = {one.bucket for one in known if one.bucket >= kept_from}
    return frozenset(hours - marks.hours - cut)


def split(span: Span, readable: frozenset[datetime]) -> Iterator[tuple[Level, Span]]:
    """Raw events and hours that cover the span once, ascending."""
    stretches = list(_stretches(span, readable))
    longest = sorted(stretches, key=lambda stretch: stretch.length, reverse=True)[:STRETCHES_MAX]
    start = span.start
    for stretch in sorted(longest):
        yield Level.EVENT, Span(start, stretch.start)
        yield Level.USER_HOUR, stretch
        start = stretch.end
    yield Level.EVENT, Span(start, span.end)


def _stretches(span: Span, readable: frozenset[datetime]) -> Iterator[Span]:
    hours: Sequence[datetime] = sorted(
        hour for hour in readable if hour >= ceil(span.start, HOUR) and hour + HOUR <= span.end
    )
    start: datetime | None = None
    for at, hour in enumerate(hours):
        start = start or hour
        if at + 1 == len(hours) or hours[at + 1] != hour + HOUR:
            yield Span(start, hour + HOUR)
            start = None
