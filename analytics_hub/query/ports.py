"""The ports of the query side: what a store must offer, and nothing about how. Twins: `memory.py` and the
real `analytics_hub/storage/usage_store.py` and `dead_letter_store.py`.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from analytics_hub.domain.dead_letter import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterId,
    Place,
    ReplayVerdict,
)
from analytics_hub.domain.distinct import DistinctPlan, UserCounts
from analytics_hub.domain.ledger import LedgerHour
from analytics_hub.domain.plan import GroupRows, Marks, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.user_usage import BucketRows


class UsageSnapshot(Protocol):
    """One consistent view of one tenant; what its methods see fits together."""

    async def marks(self, span: Span, facets: Sequence[str] = ()) -> Marks:
        """The marks of the hours and days in the span, the gaps of these facets there, what retention has dropped,
        and the moment of the view."""
        ...

    async def rows(self, plan: Plan) -> Sequence[GroupRows]:
        """Sums by output bucket, group by group: best group first, `other` last. Nothing of a group without rows."""
        ...

    def beside(self) -> AbstractAsyncContextManager["UsageSnapshot | None"]:
        """The same snapshot, to be read at the same time as this one; None where that cannot be had now."""
        ...

    async def day_rows(self, span: Span) -> Sequence[BucketRows]:
        """The closed days of users, and which runs there are, ascending."""
        ...

    async def hour_rows(self, span: Span) -> Sequence[BucketRows]:
        """The hours of users that there are, and their runs, ascending."""
        ...

    async def distinct_users(self, plan: DistinctPlan) -> UserCounts:
        """How many different end-users were named: in each bucket of each group, in each group, in all of them."""
        ...


class UsageStore(Protocol):
    """Where usage is read."""

    def snapshot(self, tenant: TenantId) -> AbstractAsyncContextManager[UsageSnapshot]: ...


class LedgerStore(Protocol):
    """Where the ledger is read."""

    async def ledger(self, tenant: TenantId, start: datetime, end: datetime) -> Sequence[LedgerHour]:
        """Accounts of the receipt hours in [start, end), oldest first."""
        ...


class DeadLetterStore(Protocol):
    """Where dead letters are read."""

    async def page(
        self, question: DeadLetterFilter, after: Place | None, limit: int, payload_bytes_max: int
    ) -> Sequence[DeadLetter]:
        """At most `limit` letters older than `after`, newest first, each with the beginning of its payload."""
        ...

    async def find(self, tenant: TenantId, ids: Sequence[DeadLetterId]) -> Sequence[DeadLetter]:
        """Those of these letters that are the tenant's, with all that was kept of the payload, in any order."""
        ...


class Replayer(Protocol):
    """Judges dead letters by today's rules, and makes them events after all."""

    async def judge(self, tenant: TenantId, letters: Sequence[DeadLetter]) -> Sequence[ReplayVerdict]:
        """What would become of each, in order; nothing is written. Raises TryLater when nobody knows the rules."""
        ...

    async def submit(self, tenant: TenantId, letters: Sequence[DeadLetter]) -> Sequence[ReplayVerdict]:
        """What became of each, in order. A letter that may or may not be durable is UNDECIDED."""
        ...


class ReplayBook(Protocol):
    """Where replays are written down."""

    async def record(self, tenant: TenantId, verdicts: Sequence[ReplayVerdict]) -> None:
        """Append-only. Raises TryLater when it could not be written."""
        ...
