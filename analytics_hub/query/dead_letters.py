"""The use case behind the dead letters: which events were refused, why, and what they looked like.

In: a tenant's filter and a page size. Out: pages, newest first (`analytics_hub/domain/dead_letter.py`). A list shows
the beginning of each payload, a single letter all that was kept. Submitting them again is `replay.py`.
"""

from collections.abc import Sequence

from analytics_hub.domain.dead_letter import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterId,
    DeadLetterPage,
    Place,
)
from analytics_hub.domain.errors import InvalidInput, NotFound
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.ports import DeadLetterStore


class DeadLetterService:
    """Reads dead letters; keeps no state of its own. Bounds: letters of a page, payload bytes of a list, days."""

    def __init__(
        self, store: DeadLetterStore, *, page_max: int, payload_bytes_max: int, range_days_max: int
    ) -> None:
        self._store = store
        self.page_max = page_max
        self._payload_bytes_max = payload_bytes_max
        self._range_days_max = range_days_max

    async def page(
        self, question: DeadLetterFilter, limit: int, after: Place | None = None
    ) -> DeadLetterPage:
        """At most `limit` letters that are older than `after`."""
        if not 1 <= limit <= self.page_max:
            raise InvalidInput("bad_limit", "limit", f"A page has 1 to {self.page_max} dead letters.")
        question.check_length(self._range_days_max)
        # One more than shown, to know whether there is a next page.
        found = await self._store.page(question, after, limit + 1, self._payload_bytes_max)
        shown = tuple(found[:limit])
        more = len(found) > limit
        return DeadLetterPage(shown, place_of(shown[-1]) if more else None)

    async def find(self, tenant: TenantId, ids: Sequence[DeadLetterId]) -> Sequence[DeadLetter]:
        """These letters of the tenant with their whole payload, in the order asked for; absent ones are left out."""
        by_id = {letter.dead_letter_id: letter for letter in await self._store.find(tenant, ids)}
        return [by_id[one] for one in dict.fromkeys(ids) if one in by_id]

    async def one(self, tenant: TenantId, dead_letter_id: DeadLetterId) -> DeadLetter:
        found = await self.find(tenant, [dead_letter_id])
        if not found:
            raise NotFound("no_such_dead_letter", "There is no such dead letter.", field="id")
        return found[0]


def place_of(letter: DeadLetter) -> Place:
    return Place(letter.received_at, letter.dead_letter_id)
