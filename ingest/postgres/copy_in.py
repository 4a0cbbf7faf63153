"""Hands encoded rows of the core to a COPY, in chunks, straight from the core's buffer.

In: a COPY statement and the bytes. Out: nothing; an error of the server is raised when the COPY ends.
"""

from collections.abc import Callable
from typing import Any, Final, LiteralString

import psycopg

from rust_core import Bytes

CHUNK_BYTES: Final = 1024 * 1024  # between two chunks other threads run; smaller ones gained nothing

Connection = psycopg.Connection[tuple[Any, ...]]


def copy_in(
    conn: Connection,
    statement: LiteralString,
    rows: Bytes,
    after_first_chunk: Callable[[], None] | None = None,
) -> None:
    view = memoryview(rows)
    with conn.cursor() as cursor, cursor.copy(statement) as copy:
        for at in range(0, len(view), CHUNK_BYTES):
            copy.write(view[at : at + CHUNK_BYTES])
            if at == 0 and after_first_chunk is not None:
                after_first_chunk()
