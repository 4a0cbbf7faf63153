"""The real store behind the dead letters: one tenant's, through the barrier views, from one snapshot.

In: a filter, or numbers of letters. Out: `DeadLetter`s. `ORDER BY … LIMIT` does not pass a barrier, so that a page
would sort everything the range holds; it is read in time windows instead, from the newest back, each wider than the one
before.
The twin is `analytics_hub/query/memory.py`; replays are written by `replay_book.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.domain.dead_letter import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterId,
    Place,
    Replay,
    ReplayOutcome,
)
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_transaction_async
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements

_SQL = statements("dead_letters")
_PAYLOAD_BYTES_MAX: Final = 65_536  # what the table keeps of one
_FIRST_WINDOW: Final = timedelta(hours=1)
_WIDER: Final = 8  # ten years are six windows

_Cursor = psycopg.AsyncCursor[Any]


class PostgresDeadLetterStore:
    """Reads as hub_reader."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    async def page(
        self, question: DeadLetterFilter, after: Place | None, limit: int, payload_bytes_max: int
    ) -> Sequence[DeadLetter]:
        args: dict[str, object] = {
            "tenant_id": int(question.tenant),
            "codes": list(question.codes) or None,
            "origins": list(question.origins) or None,
        }
        ids: list[int] = []
        async with (
            self._pool.reading() as connection,
            tenant_transaction_async(connection, question.tenant) as cursor,
        ):
            for start, before in windows(question.start, _first(question, after)):
                window = {
                    "start": start,
                    "before_at": before.received_at,
                    "before_id": before.dead_letter_id,
                    "limit": limit - len(ids),
                }
                await cursor.execute(_SQL["page_keys"], args | window)
                ids += [key for (key,) in await cursor.fetchall()]
                if len(ids) == limit:
                    break
            return await _letters(cursor, question.tenant, ids, payload_bytes_max)

    async def find(self, tenant: TenantId, ids: Sequence[DeadLetterId]) -> Sequence[DeadLetter]:
        async with (
            self._pool.reading() as connection,
            tenant_transaction_async(connection, tenant) as cursor,
        ):
            return await _letters(cursor, tenant, ids, _PAYLOAD_BYTES_MAX)


def windows(start: datetime, place: Place) -> Iterator[tuple[datetime, Place]]:
    """Pieces of the time from `place` back to `start`, newest first, without gap or overlap."""
    width = _FIRST_WINDOW
    while place.received_at > start or (place.received_at == start and place.dead_letter_id > 0):
        first = max(start, place.received_at - width)
        yield first, place
        # Before every letter of that very moment: the window just read had them.
        place = Place(first, 0)
        width *= _WIDER


def _first(question: DeadLetterFilter, after: Place | None) -> Place:
    end = Place(question.end, 0)
    if after is None or after.received_at >= question.end:
        return end
    return after


async def _letters(
    cursor: _Cursor, tenant: TenantId, ids: Sequence[int], payload_bytes_max: int
) -> Sequence[DeadLetter]:
    args = {"tenant_id": int(tenant), "ids": list(ids), "payload_bytes_max": payload_bytes_max}
    await cursor.execute(_SQL["letters"], args)
    letters = [_letter(row) for row in await cursor.fetchall()]
    await cursor.execute(_SQL["last_replays"], args)
    replays = {
        dead_letter_id: Replay(at.astimezone(UTC), ReplayOutcome(outcome), code)
        for dead_letter_id, at, outcome, code in await cursor.fetchall()
    }
    return [replace(letter, last_replay=replays.get(letter.dead_letter_id)) for letter in letters]


def _letter(row: Sequence[Any]) -> DeadLetter:
    dead_letter_id, received_at, *rest = row
    return DeadLetter(DeadLetterId(dead_letter_id), received_at.astimezone(UTC), *rest)
