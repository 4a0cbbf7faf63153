"""Messages of the stream that no tenant can be charged with: kept for the operator, up to a bound, as hub_writer.

In: messages as the log had them. Out: rows of `hub.unattributed_messages`; one that is there already stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements

_PART_BYTES_MAX: Final = 65_536
"""As the table's own checks; of what is longer the beginning is kept."""


@dataclass(frozen=True, slots=True)
class UnattributedMessage:
    """A row of `hub.unattributed_messages`, before it is cut to its bounds."""

    partition_key: str
    message_offset: int
    origin: str
    written_at: datetime | None
    code: str
    reason: str
    headers: str
    payload: bytes


def keep_unattributed(
    conn: psycopg.Connection[Any], messages: Sequence[UnattributedMessage], *, kept_max: int
) -> None:
    """One transaction. Raises TryLater when the database does not answer."""
    statement = statements("unattributed")["keep_message"]
    with translated(), conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(statement, [_row(message) | {"kept_max": kept_max} for message in messages])


def _row(message: UnattributedMessage) -> dict[str, object]:
    return {
        "partition_key": message.partition_key,
        "message_offset": message.message_offset,
        "origin": message.origin,
        "written_at": message.written_at,
        "code": message.code,
        "reason": message.reason,
        # A text of PostgreSQL holds no NUL.
        "headers": message.headers.replace("\0", "\ufffd")[:_PART_BYTES_MAX],
        "payload": message.payload[:_PART_BYTES_MAX],
        "payload_truncated": len(message.payload) > _PART_BYTES_MAX,
    }
