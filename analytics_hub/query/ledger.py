"""The use case behind the ledger: per hour of receipt, does received = stored + duplicate + rejected hold?

In: a tenant and a range of receipt hours. Out: a `Ledger` (`analytics_hub/domain/ledger.py`) that knows
whether it balances.
"""

from datetime import UTC, datetime, timedelta

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.ledger import Ledger
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.ports import LedgerStore


class LedgerService:
    """Reads accounts; keeps no state of its own."""

    def __init__(self, store: LedgerStore, *, range_days_max: int) -> None:
        self._store = store
        self._range_max = timedelta(days=range_days_max)

    async def account(self, tenant: TenantId, start: datetime, end: datetime) -> Ledger:
        """The accounts of the receipt hours that [start, end) touches."""
        self.check(start, end)
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        first = start.replace(minute=0, second=0, microsecond=0)
        return Ledger(tuple(await self._store.ledger(tenant, first, end)))

    def check(self, start: datetime, end: datetime) -> None:
        """Raises InvalidInput for a range that cannot be asked for."""
        if start.tzinfo is None or end.tzinfo is None:
            raise InvalidInput("no_offset", "from", "A moment needs its UTC offset.")
        if start >= end:
            raise InvalidInput("empty_range", "to", "The range ends before it starts.")
        if end - start > self._range_max:
            raise InvalidInput("range_too_long", "from", f"A range has at most {self._range_max.days} days.")
