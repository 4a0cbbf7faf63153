"""Days and hours of users are read with the fewest rows, and what is read adds up to those that were asked for."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.plan import Level, Span
from analytics_hub.domain.user_usage import STEPS, BucketRows, Piece, block_of
from analytics_hub.query.user_runs import pieces

DAY = timedelta(days=1)
FIRST = block_of(datetime(2026, 11, 2, tzinfo=UTC)).start
DAYS = 80  # three blocks

stored = st.dictionaries(
    st.integers(0, DAYS - 1), st.tuples(st.integers(1, 50), st.none() | st.integers(1, 50)), max_size=40
)
borders = st.lists(st.integers(0, DAYS), min_size=2, max_size=6, unique=True).map(sorted)


def counted(found: tuple[Piece, ...], level: Level) -> Counter[datetime]:
    """How often each day, or hour, is in the sum."""
    times: Counter[datetime] = Counter()
    for piece in found:
        assert piece.level is level
        if piece.run:
            start, end = block_of(piece.run, level).start, piece.run + STEPS[level]
        else:
            assert piece.span
            start, end = piece.span.start, piece.span.end
        while start < end:
            times[start] += piece.sign
            start += STEPS[level]
    return Counter({bucket: number for bucket, number in times.items() if number})


def rows_of(found: tuple[Piece, ...], known: list[BucketRows]) -> int:
    return sum(
        (one.run_rows or 0) if piece.run == one.bucket else one.rows
        for piece in found
        for one in known
        if piece.run == one.bucket or (piece.span and piece.span.start <= one.bucket < piece.span.end)
    )


@given(level=st.sampled_from(sorted(STEPS)), rows=stored, edges=borders)
def test_pieces_hold_every_day_or_hour_of_the_spans_once_and_no_other(
    level: Level, rows: dict[int, tuple[int, int | None]], edges: list[int]
) -> None:
    step = STEPS[level]
    known = [BucketRows(FIRST + at * step, *counts) for at, counts in sorted(rows.items())]
    spans = [Span(FIRST + a * step, FIRST + b * step) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    found = pieces(spans, known, level)
    wanted = Counter(span.start + at * step for span in spans for at in range(span.length // step))
    assert counted(found, level) == wanted
    assert all(
        piece.run is None or piece.run in {one.bucket for one in known if one.run_rows} for piece in found
    )
    assert rows_of(found, known) <= rows_of(tuple(Piece(1, span=span) for span in spans), known)


def test_a_month_is_the_difference_of_two_runs() -> None:
    known = [BucketRows(FIRST + at * DAY, 10, 12 if at in {4, 29} else None) for at in range(31)]
    assert pieces([Span(FIRST + 5 * DAY, FIRST + 30 * DAY)], known) == (
        Piece(1, run=FIRST + 29 * DAY),
        Piece(-1, run=FIRST + 4 * DAY),
    )


def test_a_short_span_is_read_as_days() -> None:
    known = [BucketRows(FIRST + at * DAY, 10, 12) for at in range(31)]
    span = Span(FIRST + 5 * DAY, FIRST + 7 * DAY)
    assert pieces([span], known) == (Piece(1, span=span),)


def test_days_of_two_blocks_are_one_piece_without_runs() -> None:
    span = Span(FIRST + 30 * DAY, FIRST + 40 * DAY)
    assert pieces([span], ()) == (Piece(1, span=span),)
