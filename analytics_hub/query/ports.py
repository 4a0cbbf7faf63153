"""The ports of the query side: what a store must offer, and nothing about how. Twins: `memory.py` and the
real `analytics_hub/storage/usage_store.py`.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from analytics_hub.domain.ledger import LedgerHour
from analytics_hub.domain.plan import Marks, MeasureRow, Plan, Span
from analytics_hub.domain.tenant import TenantId


class UsageSnapshot(Protocol):
    """One consistent view of one tenant; what its two methods see fits together."""

    async def marks(self, span: Span) -> Marks:
        """The marks of the hours and days in the span, the minute retention, and the moment of the view."""
        ...

    async def rows(self, plan: Plan) -> Sequence[MeasureRow]:
        """Sums by output bucket and group: best group first, `other` last, buckets ascending within a
        group.
        """
        ...


class UsageStore(Protocol):
    """Where usage is read."""

    def snapshot(self, tenant: TenantId) -> AbstractAsyncContextManager[UsageSnapshot]: ...


class LedgerStore(Protocol):
    """Where the ledger is read."""

    async def ledger(self, tenant: TenantId, start: datetime, end: datetime) -> Sequence[LedgerHour]:
        """Accounts of the receipt hours in [start, end), oldest first."""
        ...
