"""Writes the events of a flush: at once when all are new, after a look at their keys when some may be known.

In: a connection inside the flush's transaction and the prepared batch. Out: the rows are in `usage_events`;
those that were there before have left the batch as duplicates.

The look costs a fifth of what sending every row through a temp table does, and it may be wrong: a writer that
commits between the look and the COPY is found by the unique key. Then the whole batch takes the slow way,
where the database itself says which rows it had.
"""

from collections.abc import Callable

import psycopg

from analytics_hub.storage.statements import statements
from ingest.decode import PreparedBatch
from ingest.postgres.copy_in import Connection, copy_in
from ingest.postgres.known import look_up

_SQL = statements("flush")


def write_at_once(conn: Connection, prepared: PreparedBatch, inside_copy: Callable[[], None]) -> bool:
    """COPY in a savepoint. False when an event is there already: then nothing was written."""
    try:
        with conn.transaction():
            copy_in(conn, _SQL["copy_events"], prepared.events(), inside_copy)
    except psycopg.errors.UniqueViolation:
        return False
    return True


def drop_known(conn: Connection, prepared: PreparedBatch) -> int:
    """Takes the events out of the batch that can be seen to be stored. Returns how many were."""
    known = look_up(conn, prepared.batch)
    prepared.drop_duplicates(known)
    return len(known)


def write_carefully(conn: Connection, prepared: PreparedBatch, inside_copy: Callable[[], None]) -> int:
    """Through the connection's temp table: slower, but it says which rows were there. Returns how many
    were.
    """
    copy_in(conn, _SQL["copy_temp_events"], prepared.batch.copy_events(with_row=True), inside_copy)
    row = conn.execute(_SQL["insert_missing_events"]).fetchone()
    known: list[int] = row[0] if row else []
    prepared.drop_duplicates(known)
    return len(known)


def all_present(conn: Connection, prepared: PreparedBatch) -> bool:
    """True when every row of the batch is in `usage_events`. Ends its own transaction."""
    with conn.transaction():
        return len(look_up(conn, prepared.batch)) == len(prepared.batch)
