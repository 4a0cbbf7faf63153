"""Writes the rejects of a flush as dead letters, within what a tenant may keep of one UTC day of receipt.

In: a connection inside the flush's transaction and the prepared batch. Out: rows of `dead_letters`, the first ones with
their payload, later ones without, and past the second bound only a count in `dead_letter_volume`. The ledger counts all
of them in any case. Runs last in the flush, only when there are rejects: its row locks are held for the commit alone.
"""

from typing import Final

import psycopg

from analytics_hub.settings import FlushSettings
from analytics_hub.storage.statements import statements
from ingest.decode import PreparedBatch
from ingest.postgres.copy_in import Connection, copy_in

_SQL = statements("flush")

# A writer frozen between here and its commit holds the tenant's row until its partition is claimed. The bound is not
# worth waiting for that: the letters of this flush, bounded by themselves, are then kept beside it.
_LOCK_WAIT_MS: Final = 250


def write_dead_letters(
    conn: Connection, prepared: PreparedBatch, flush_id: int, settings: FlushSettings
) -> None:
    copy_in(conn, _SQL["copy_dead_letters"], prepared.batch.copy_dead_letters(flush_id))
    try:
        with conn.transaction():
            conn.execute(_SQL["bound_lock_wait"], {"lock_timeout": f"{_LOCK_WAIT_MS}ms"})
            conn.execute(_SQL["lock_dead_letter_volumes"])
    except psycopg.errors.LockNotAvailable:
        conn.execute(_SQL["keep_all_dead_letters"])
        return
    bounds = {
        "letters_max": settings.dead_letters_per_day_max,
        "bytes_max": settings.dead_letter_bytes_per_day_max,
    }
    conn.execute(_SQL["keep_dead_letters"], bounds)
