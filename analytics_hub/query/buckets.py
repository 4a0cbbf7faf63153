"""Where output buckets start: the one truth about zones, for planning and for SQL alike.

In: an interval, a zone and a range. Out: the starts of the buckets that meet the range, ascending, as UTC
instants. The database never computes a local day: it is given these edges, so its own zone tables cannot
disagree with ours.

Rules. Up to 15m a bucket is cut from UTC. From 1h on it is cut from the wall clock of the zone: an hour ends
at the next full hour there or where the zone changes its offset (the repeated hour in autumn is two
buckets); a day starts at the first instant whose wall clock shows its date, so it may last 23, 24 or 25
hours, and a date that a zone skipped has no bucket; weeks start on Mondays, months on their first.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from analytics_hub.domain.plan import Span
from analytics_hub.domain.usage import Interval

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_OF_THE_CLOCK = {
    Interval.MINUTE: _MINUTE,
    Interval.MINUTES_5: timedelta(minutes=5),
    Interval.MINUTES_15: timedelta(minutes=15),
}


def bucket_edges(interval: Interval, zone: ZoneInfo, span: Span) -> tuple[datetime, ...]:
    """Starts of the buckets that meet the span; the first may lie before it. Empty without an interval."""
    if interval is Interval.NONE:
        return ()
    if interval in _OF_THE_CLOCK:
        return _even(_OF_THE_CLOCK[interval], span)
    if interval is Interval.HOUR and zone.key == "UTC":
        return _even(_HOUR, span)
    if interval is Interval.HOUR:
        return _hours(zone, span)
    return _dates(_PERIODS[interval], zone, span)


def bucket_spans(edges: tuple[datetime, ...], span: Span) -> list[Span]:
    """The range cut at the edges: one piece a bucket, the whole range without edges."""
    starts = [span.start, *edges[1:]]
    return [Span(start, end) for start, end in zip(starts, [*starts[1:], span.end], strict=True)]


def _even(width: timedelta, span: Span) -> tuple[datetime, ...]:
    first = span.start - (span.start - _EPOCH) % width
    count = -((first - span.end) // width)
    return tuple(first + index * width for index in range(count))


def _hours(zone: ZoneInfo, span: Span) -> tuple[datetime, ...]:
    edges = [_hour_start(zone, span.start)]
    while (following := _next_hour(zone, max(edges[-1], span.start))) < span.end:
        edges.append(following)
    return tuple(edges)


def _hour_start(zone: ZoneInfo, moment: datetime) -> datetime:
    """The latest of: the full hour on the wall clock, the last change of offset."""
    start = moment - _past_hour(zone, moment)
    if _offset(zone, start) == _offset(zone, moment):
        return start
    return _first_minute(lambda at: _offset(zone, at) == _offset(zone, moment), start, moment)


def _next_hour(zone: ZoneInfo, moment: datetime) -> datetime:
    following = moment - _past_hour(zone, moment) + _HOUR
    offset = _offset(zone, moment)
    if _offset(zone, following - _MINUTE) == offset:
        return following
    return _first_minute(lambda at: _offset(zone, at) != offset, moment, following)


def _first_minute(holds: Callable[[datetime], bool], low: datetime, high: datetime) -> datetime:
    """The first minute in (low, high] where `holds` is true; it is false at low and stays true once it is."""
    while high - low > _MINUTE:
        middle = low + (high - low) // _MINUTE // 2 * _MINUTE
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _past_hour(zone: ZoneInfo, moment: datetime) -> timedelta:
    wall = moment.astimezone(zone)
    return timedelta(minutes=wall.minute)


def _dates(
    period: tuple[Callable[[date], date], Callable[[date], date]], zone: ZoneInfo, span: Span
) -> tuple[datetime, ...]:
    floor, following = period
    day = floor(span.start.astimezone(zone).date())
    edges: list[datetime] = []
    while (start := _first_instant(zone, day)) < span.end:
        if edges and start <= span.start:
            edges.clear()  # a skipped date: two starts are one instant, or the range begins in the later one
        if not edges or start > edges[-1]:
            edges.append(start)
        day = following(day)
    return tuple(edges)


def _first_instant(zone: ZoneInfo, day: date) -> datetime:
    """Fold 0 is the earlier of two midnights; a midnight that was skipped is the moment of the change."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


_PERIODS: dict[Interval, tuple[Callable[[date], date], Callable[[date], date]]] = {
    Interval.DAY: (lambda day: day, lambda day: day + timedelta(days=1)),
    Interval.WEEK: (lambda day: day - timedelta(days=day.weekday()), lambda day: day + timedelta(days=7)),
    Interval.MONTH: (lambda day: day.replace(day=1), _next_month),
}
