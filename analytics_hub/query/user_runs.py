"""Which rows answer for a span of days or hours of users: those themselves, or the difference of two runs. Pure.

In: spans of whole UTC days, or hours, and what rows there are. Out: the pieces that add up to the spans with the
fewest rows. A span is cut at the borders of blocks, and in each block either

    the days of the span                              or
    the run through a day of the span, and the days after it, minus
    the run through a day before the span, if any, and the days after that which lie before the span

and hours the same way, in blocks of a day. A run is the sum of the rows that stand there, those of marked hours too,
and an hour without rows adds nothing to it: the difference is what the hours of the span would have said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from analytics_hub.domain.plan import Level, Span
from analytics_hub.domain.user_usage import STEPS, BucketRows, Piece, UserQuery, block_of


def known_span(query: UserQuery) -> Span:
    """The days that must be known to choose."""
    return Span(block_of(query.usage.start).start, query.usage.end)


def pieces(
    spans: Iterable[Span], known: Sequence[BucketRows], level: Level = Level.USER_DAY
) -> tuple[Piece, ...]:
    """Days, or hours, of neighbouring blocks come as one piece."""
    parts = (part for span in spans for part in _by_block(span, level))
    return tuple(_joined(piece for part in parts for piece in _cheapest(part, known, level)))


def _by_block(span: Span, level: Level) -> Iterator[Span]:
    start = span.start
    while start < span.end:
        end = min(span.end, block_of(start, level).end)
        yield Span(start, end)
        start = end


def _cheapest(span: Span, known: Sequence[BucketRows], level: Level) -> list[Piece]:
    block, step = block_of(span.start, level), STEPS[level]
    within = [one for one in known if block.start <= one.bucket < span.end]

    def rows(part: Span) -> int:
        return sum(one.rows for one in within if part.start <= one.bucket < part.end)

    best, fewest = [Piece(1, span=span)], rows(span)
    runs = [(one.bucket, one.run_rows) for one in within if one.run_rows is not None]
    before: list[tuple[datetime | None, int]] = [(None, 0)]
    before += [(bucket, count) for bucket, count in runs if bucket < span.start]
    for upper, upper_rows in ((bucket, count) for bucket, count in runs if bucket >= span.start):
        for lower, lower_rows in before:
            tail = Span(upper + step, span.end)
            head = Span(block.start if lower is None else lower + step, span.start)
            count = upper_rows + rows(tail) + lower_rows + rows(head)
            if count < fewest:
                fewest = count
                found = [Piece(1, run=upper), Piece(1, span=tail), Piece(-1, span=head)]
                best = found if lower is None else [*found, Piece(-1, run=lower)]
    return [replace(one, level=level) for one in best if one.span is None or one.span.start < one.span.end]


def _joined(found: Iterable[Piece]) -> Iterator[Piece]:
    last: Piece | None = None
    for piece in found:
        if (
            last and last.span and piece.span and last.sign == piece.sign
            and last.span.end == piece.span.start
        ):  # fmt: skip
            last = replace(last, span=Span(last.span.start, piece.span.end))
            continue
        if last:
            yield last
        last = piece
    if last:
        yield last
