"""Cuts a byte stream into blocks of whole lines with bounded memory, each knowing the number of its first
line.

In: a function that reads some bytes. Out: `LineBlock`s. A line longer than the bound is cut: its beginning
becomes a block of its own (the core refuses it with `event_too_large`), the rest is read past without being
kept. Blank lines stay: the core counts them, so that the position of an event is its line number.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines; `lines` counts the blank ones too."""

    payload: bytes
    first_line: int
    lines: int


def line_blocks(read: Callable[[], bytes], line_bytes_max: int, lines_max: int) -> Iterator[LineBlock]:
    """Blocks in order. `read` returns the next bytes, empty at the end."""
    line = 1
    for text in _whole_lines(read, line_bytes_max):
        yield from _cut(text, line, lines_max)
        line += text.count(b"\n")


def _whole_lines(read: Callable[[], bytes], line_bytes_max: int) -> Iterator[bytes]:
    """Byte strings that end with a line end; a line over the bound comes alone and shortened."""
    rest = b""
    skipping = False
    while chunk := read():
        at = 0
        if skipping:
            at = chunk.find(b"\n") + 1
            if not at:
                continue
            skipping = False
        end = chunk.rfind(b"\n") + 1
        if end > at:
            yield rest + chunk[at:end]
            rest = chunk[end:]
        else:
            rest += chunk[at:]
        if len(rest) > line_bytes_max:
            # One byte over the bound is enough for the core to see that the event is too large.
            yield rest[: line_bytes_max + 1] + b"\n"
            rest, skipping = b"", True
    if rest:
        yield rest + b"\n"


def _cut(text: bytes, line: int, lines_max: int) -> Iterator[LineBlock]:
    lines = text.count(b"\n")
    if lines <= lines_max:
        yield LineBlock(text, line, lines)
        return
    at = count = 0
    for end in re.finditer(b"\n", text):
        count += 1
        if count == lines_max:
            yield LineBlock(text[at : end.end()], line, count)
            line, at, count = line + count, end.end(), 0
    if count:
        yield LineBlock(text[at:], line, count)
