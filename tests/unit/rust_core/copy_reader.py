"""An independent reader of PostgreSQL's binary COPY format, for tests of the encoders.

In: bytes. Out: one list a row, of raw field bytes (None for NULL); `as_int` and `as_moment` give them a meaning.
"""

import struct
from typing import TypeAlias

Field: TypeAlias = bytes | None
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_PG_EPOCH_US = 946_684_800_000_000


def read_rows(stream: bytes) -> list[list[Field]]:
    assert stream.startswith(_SIGNATURE)
    at = len(_SIGNATURE)
    rows: list[list[Field]] = []
    while True:
        (count,) = struct.unpack_from(">h", stream, at)
        at += 2
        if count == -1:
            assert at == len(stream)
            return rows
        row: list[Field] = []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", stream, at)
            at += 4
            row.append(None if length == -1 else stream[at : at + length])
            at += max(length, 0)
        rows.append(row)


def write_rows(rows: list[list[Field]]) -> bytes:
    parts = [_SIGNATURE]
    for row in rows:
        parts.append(struct.pack(">h", len(row)))
        parts += [struct.pack(">i", -1) if one is None else struct.pack(">i", len(one)) + one for one in row]
    return b"".join([*parts, struct.pack(">h", -1)])


def as_int(field: Field) -> int | None:
    return None if field is None else int.from_bytes(field, "big", signed=True)


def as_moment_us(field: Field) -> int | None:
    value = as_int(field)
    return None if value is None else value + _PG_EPOCH_US
