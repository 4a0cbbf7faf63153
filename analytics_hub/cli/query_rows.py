"""The rows of `hub query`: an answer as a table for people or as CSV.

In: an answer, the metrics to show, how a cell is spelled. Out: a header and rows. With a comparison the k-th bucket
stands beside the k-th of the period before, which may have more buckets or fewer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from analytics_hub.domain.answer import Point, Points, Series, UsageAnswer, Value
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import Span
from analytics_hub.domain.usage import Interval
from analytics_hub.query.buckets import bucket_edges

Cell = Callable[[str, Mapping[str, Value]], Value]
"""A metric's value among those of a bucket or a total."""


def header(answer: UsageAnswer, metrics: Sequence[str]) -> list[str]:
    """Bucket start (where there are buckets), group, metrics, and the same of the period before."""
    time = [] if answer.query.interval is Interval.NONE else ["time"]
    before = [f"previous_{name}" for name in (*time, *metrics)] if answer.previous else []
    return [*time, *answer.query.group_by, *metrics, *before]


def answer_rows(
    answer: UsageAnswer, metrics: Sequence[str], cell: Cell, nothing: Value
) -> Iterator[list[Value]]:
    """In the answer's order, under the header. `nothing` stands where there is no bucket."""

    def cells(values: Mapping[str, Value] | None) -> list[Value]:
        return [nothing if values is None else cell(name, values) for name in metrics]

    for series in answer.series:
        group: list[Value] = [
            "(other)" if series.other else series.group[name] for name in answer.query.group_by
        ]
        before = series.previous
        if answer.query.interval is Interval.NONE:
            yield [*group, *cells(series.total), *(cells(before.total) if before else [])]
            continue
        for now, past in _paired(answer, series):
            row = [_start(answer, now, nothing), *group, *cells(now.values if now else None)]
            if before:
                row += [_start(answer, past, nothing), *cells(past.values if past else None)]
            yield row


def _paired(answer: UsageAnswer, series: Series) -> Iterator[tuple[Point | None, Point | None]]:
    period = answer.previous
    if period is None or series.previous is None:
        yield from ((point, None) for point in series.points)
        return
    now = _by_place(answer, answer.query.start, answer.query.end, series.points)
    past = _by_place(answer, period.start, period.end, series.previous.points)
    yield from ((now.get(place), past.get(place)) for place in sorted(now.keys() | past.keys()))


def _by_place(answer: UsageAnswer, start: datetime, end: datetime, points: Points) -> dict[int, Point]:
    edges = bucket_edges(answer.query.interval, answer.query.zone, Span(start, end))
    places = {edge: place for place, edge in enumerate(edges)}
    return {places[point.start]: point for point in points}


def _start(answer: UsageAnswer, point: Point | None, nothing: Value) -> Value:
    return (
        nothing if point is None else point.start.astimezone(answer.query.zone).isoformat(timespec="minutes")
    )


def table_cell(name: str, values: Mapping[str, Value]) -> Value:
    """What nobody has a price for is "unpriced", never $0."""
    if METRICS[name].unit == "usd" and values["events"] and values["events"] == values["unpriced_events"]:
        return "unpriced"
    return shown(name, values[name])


def shown(name: str, value: Value) -> str:
    """A metric's value for people: thousands separated, what is not known as a dash."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return f"${value}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.1%}" if METRICS[name].unit == "ratio" else f"{value:,.1f}"
