"""What the database says of the whole hub, for the operator's board.

In: a connection of hub_maint in autocommit mode. Out: a `DatabaseStatus` from one snapshot. Who draws it is
`analytics_hub/cli/status.py`.
"""

from datetime import UTC
from typing import Any

import psycopg

from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.domain.status import DatabaseStatus, StoredPartition
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements

_SQL = statements("status")


def read_status(conn: psycopg.Connection[Any]) -> DatabaseStatus:
    with translated(), conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        flow, marks, letters = (_row(conn, name) for name in ("flow", "marks", "letters"))
        partitions = conn.execute(_SQL["partitions"]).fetchall()
    taken_at, flushed_at, *counts, broken = flow
    return DatabaseStatus(
        taken_at=taken_at.astimezone(UTC),
        flushed_at=flushed_at and flushed_at.astimezone(UTC),
        last_minute=LedgerCount(*counts[:4]),
        last_hour=LedgerCount(*counts[4:]),
        broken_flushes=broken,
        open_hours=marks[0],
        oldest_open_hour=marks[1] and marks[1].astimezone(UTC),
        letters_today=letters[0],
        letter_bytes_today=letters[1],
        rejects_counted_only_today=letters[2],
        partitions=tuple(
            StoredPartition(key, next_offset, epoch, moved_at.astimezone(UTC))
            for key, next_offset, epoch, moved_at in partitions
        ),
    )


def _row(conn: psycopg.Connection[Any], name: str) -> tuple[Any, ...]:
    row = conn.execute(_SQL[name]).fetchone()
    assert row is not None  # an aggregate without GROUP BY has one row
    return tuple(row)
