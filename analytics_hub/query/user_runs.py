"""Which rows answer for a span of user days: the days themselves, or the difference of two runs. Pure.

In: spans of whole UTC days, and what rows there are. Out: the pieces that add up to the spans with the fewest rows. A
span is cut at the borders of blocks, and in each block either

    the days of the span                              or
    the run through a day of the span, and the days after it, minus
    the run through a day before the span, if any, and the days after that which lie before the span
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from analytics_hub.domain.plan import Span
from analytics_hub.domain.user_usage import DayRows, Piece, UserQuery, block_of

_DAY = timedelta(days=1)


def known_span(query: UserQuery) -> Span:
    """The days that must be known to choose."""
    return Span(block_of(query.usage.start).start, query.usage.end)


def pieces(spans: Iterable[Span], known: Sequence[DayRows]) -> tuple[Piece, ...]:
    """Days of neighbouring blocks come as one piece."""
    return tuple(
        _joined(piece for span in spans for part in _by_block(span) for piece in _cheapest(part, known))
    )


def _by_block(span: Span) -> Iterator[Span]:
    start = span.start
    while start < span.end:
        end = min(span.end, block_of(start).end)
        yield Span(start, end)
        start = end


def _cheapest(span: Span, known: Sequence[DayRows]) -> list[Piece]:
    block = block_of(span.start)
    days = [one for one in known if block.start <= one.day < span.end]

    def rows(part: Span) -> int:
        return sum(one.day_rows for one in days if part.start <= one.day < part.end)

    best, fewest = [Piece(1, span=span)], rows(span)
    runs = [(one.day, one.run_rows) for one in days if one.run_rows is not None]
    before: list[tuple[datetime | None, int]] = [(None, 0)]
    before += [(day, count) for day, count in runs if day < span.start]
    for upper, upper_rows in ((day, count) for day, count in runs if day >= span.start):
        for lower, lower_rows in before:
            tail = Span(upper + _DAY, span.end)
            head = Span(block.start if lower is None else lower + _DAY, span.start)
            count = upper_rows + rows(tail) + lower_rows + rows(head)
            if count < fewest:
                fewest = count
                found = [Piece(1, run=upper), Piece(1, span=tail), Piece(-1, span=head)]
                best = found if lower is None else [*found, Piece(-1, run=lower)]
    return [piece for piece in best if piece.span is None or piece.span.start < piece.span.end]


def _joined(found: Iterable[Piece]) -> Iterator[Piece]:
    last: Piece | None = None
    for piece in found:
        if (
            last and last.span and piece.span and last.sign == piece.sign
            and last.span.end == piece.span.start
        ):  # fmt: skip
            last = Piece(piece.sign, span=Span(last.span.start, piece.span.end))
            continue
        if last:
            yield last
        last = piece
    if last:
        yield last
