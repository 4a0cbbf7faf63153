"""Rows out of the database, sketches into canonical form, rows in again where the old ones were.

In: the names of three statements and their arguments. Out: nothing; the rows are replaced. What is held: of the rows as
they come, whose sketches are deltas joined end to end, at most `copy_bytes_max` and one row; of the rows with merged
sketches all, and the caller bounds their number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.abc import Buffer

from analytics_hub.domain.series import SUM_COLUMNS
from rust_core import compact_copy

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Replacement:
    """`read` gives the new rows, `delete` takes the old ones away, `write` takes the new ones; `key_columns` is where
    the measures begin: the sums, then the two sketches."""

    read: str
    delete: str
    write: str
    key_columns: int

    @property
    def sketch_columns(self) -> tuple[int, int]:
        first = self.key_columns + len(SUM_COLUMNS)
        return first, first + 1


def replace_rows(
    conn: psycopg.Connection[Any], rows: Replacement, args: Mapping[str, Any], bytes_max: int
) -> None:
    with conn.cursor() as cursor:
        with cursor.copy(rows.read, args) as out:
            parts = _canonical(out, rows.sketch_columns, bytes_max)
        conn.execute(rows.delete, args)
        with cursor.copy(rows.write) as into:
            for part in parts:
                into.write(part)


def _canonical(chunks: Iterable[Buffer], sketch_columns: tuple[int, int], bytes_max: int) -> list[memoryview]:
    """The stream with merged sketches, in parts. The server sends whole rows, so that it can be cut after any chunk."""
    parts: list[memoryview] = []
    held: list[Buffer] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= bytes_max and chunk != _TRAILER:
            parts.append(_part(held, sketch_columns, first=not parts, last=False))
            held, size = [], 0
    parts.append(_part(held, sketch_columns, first=not parts, last=True))
    return parts


def _part(rows: list[Buffer], sketch_columns: tuple[int, int], *, first: bool, last: bool) -> memoryview:
    stream = [*([] if first else [_HEADER]), *rows, *([] if last else [_TRAILER])]
    out = memoryview(compact_copy(stream, sketch_columns))
    return out[0 if first else len(_HEADER) : len(out) if last else len(out) - len(_TRAILER)]
