"""Cutting a byte stream into lines: positions are line numbers, memory is bounded, nothing is lost."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.lines import LineBlock, line_blocks

BOUND = 32


def _cut(data: bytes, *, step: int = 7, bound: int = BOUND, lines_max: int = 1_000) -> list[LineBlock]:
    return list(line_blocks(_reader(data, step), bound, lines_max))


def _reader(data: bytes, step: int) -> Callable[[], bytes]:
    stream = io.BytesIO(data)
    return lambda: stream.read(step)


def _numbered(blocks: list[LineBlock]) -> dict[int, bytes]:
    return {
        block.first_line + at: line
        for block in blocks
        for at, line in enumerate(block.payload.removesuffix(b"\n").split(b"\n"))
    }


def test_every_line_keeps_its_number() -> None:
    assert _numbered(_cut(b"one\ntwo\nthree\n")) == {1: b"one", 2: b"two", 3: b"three"}


def test_a_last_line_without_an_end_is_a_line() -> None:
    assert _numbered(_cut(b"one\ntwo")) == {1: b"one", 2: b"two"}


def test_blank_lines_count() -> None:
    numbered = _numbered(_cut(b"\n\none\n \t\r\n\ntwo\n\n", step=100))
    assert {number for number, line in numbered.items() if line.strip()} == {3, 6}


def test_a_line_over_the_bound_comes_alone_and_shortened() -> None:
    long = b"x" * 1_000
    blocks = _cut(b"one\n" + long + b"\ntwo\n")
    assert _numbered(blocks) == {1: b"one", 2: b"x" * (BOUND + 1), 3: b"two"}


def test_a_line_over_the_bound_may_end_the_stream() -> None:
    assert _numbered(_cut(b"one\n" + b"x" * 1_000)) == {1: b"one", 2: b"x" * (BOUND + 1)}


def test_a_block_has_at_most_the_asked_number_of_lines() -> None:
    blocks = _cut(b"a\n" * 10, step=100, lines_max=4)
    assert [(block.first_line, block.lines) for block in blocks] == [(1, 4), (5, 4), (9, 2)]


def test_a_stream_without_a_byte_gives_no_block() -> None:
    assert _cut(b"") == []


@pytest.mark.parametrize("step", [1, 2, 3, 64])
@given(lines=st.lists(st.binary(max_size=BOUND).map(lambda line: line.replace(b"\n", b"")), max_size=12))
def test_no_cut_of_the_stream_changes_a_line(step: int, lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    expected = dict(enumerate(data.removesuffix(b"\n").split(b"\n"), 1)) if data else {}
    assert _numbered(_cut(data, step=step)) == expected
