"""The tables of the job queue, in the schema `hub_jobs`: made and changed by the texts that the queue's library
brings.

In: an address of hub_owner, the library's whole schema and its later changes by name
(`analytics_hub/jobs/queue_texts.py`). Out: the names of what was applied. A database without the queue gets the whole
schema, which holds all changes so far; one that has it gets the changes that are new, in the order of their names,
all in one transaction. What the version of a library may be read from is docs/jobs.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from analytics_hub.domain.errors import Broken, Conflict
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.migrate import lock_migrations
from analytics_hub.storage.statements import statements

_SQL = statements("queue")
_NAME: Final = "hub-queue"


@dataclass(frozen=True, slots=True)
class QueueTexts:
    """What the library brings: `whole` for a new database, `changes` by name for one that has an older schema."""

    whole: str
    changes: Mapping[str, str]


def ensure_queue(owner_dsn: str, texts: QueueTexts, *, wait_s: float = 60) -> list[str]:
    """Applies what is missing. Several at once: one works, the others wait and find nothing."""
    with connect(owner_dsn, _NAME, Timeouts(lock_ms=int(wait_s * 1000))) as conn:
        if not missing_changes(conn, texts):
            return []
        lock_migrations(conn, wait_s)
        missing = missing_changes(conn, texts)
        if not missing:
            return []
        is_new = len(missing) == len(texts.changes)
        try:
            with conn.transaction():
                conn.execute(_SQL["in_schema"])
                for text in [texts.whole] if is_new else [texts.changes[name] for name in missing]:
                    conn.execute(text.encode())
                conn.execute(_SQL["mark"], {"names": missing})
        except psycopg.Error as error:
            raise Broken("queue_not_made", f"the tables of the job queue: {error}") from error
        return missing


def missing_changes(conn: psycopg.Connection[Any], texts: QueueTexts) -> list[str]:
    """The names of the library's changes that this database lacks, in order."""
    applied = {name for (name,) in conn.execute(_SQL["applied"])}
    return sorted(set(texts.changes) - applied)


def check_queue(conn: psycopg.Connection[Any], texts: QueueTexts) -> None:
    """Conflict for a database whose queue is older than this program; for every process that runs jobs, at start."""
    if missing := missing_changes(conn, texts):
        raise Conflict("queue_older", f"the database lacks {len(missing)} changes of the job queue")
