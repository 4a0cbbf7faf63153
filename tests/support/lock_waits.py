"""Waits until the server says that somebody waits for a lock: the moment at which a test may go on."""

import time
from typing import Any

import psycopg

from tests.support.database import Database

DEADLINE_S = 180


def wait_until_blocked(db: Database, holder: psycopg.Connection[Any]) -> None:
    """Returns when another session of this database waits for a lock of `holder`."""
    deadline = time.monotonic() + DEADLINE_S
    query = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
    with db.connect("postgres") as conn:
        while conn.execute(query, [holder.info.backend_pid]).fetchone() == (0,):
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)
