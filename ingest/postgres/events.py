"""Writes the events of a flush: at once when all are new, carefully when some are known already.

In: a connection inside the flush's transaction and the prepared batch. Out: the rows are in `usage_events`;
those that were there before have left the batch as duplicates.
"""

from collections.abc import Callable

import psycopg

from analytics_hub.storage.statements import statements
from ingest.decode import PreparedBatch
from ingest.postgres.copy_in import Connection, copy_in

_SQL = statements("flush")


def write_at_once(conn: Connection, prepared: PreparedBatch, inside_copy: Callable[[], None]) -> bool:
    """COPY in a savepoint. False when an event is there already: then nothing was written."""
    try:
        with conn.transaction():
            copy_in(conn, _SQL["copy_events"], prepared.events(), inside_copy)
    except psycopg.errors.UniqueViolation:
        return False
    return True


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
        copy_in(conn, _SQL["copy_temp_events"], prepared.batch.copy_events(with_row=True))
        row = conn.execute(_SQL["count_present_events"]).fetchone()
    return row is not None and row[0] == len(prepared.batch)
