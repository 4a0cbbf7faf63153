"""The port to the version of a tenant's data, and its twin in memory. What a version is stands in
`analytics_hub/domain/freshness.py`; the real store is `analytics_hub/storage/freshness_store.py`.
"""

from collections import Counter
from datetime import datetime
from typing import Protocol

from analytics_hub.domain.freshness import DataVersion, Freshness
from analytics_hub.domain.tenant import TenantId


class FreshnessStore(Protocol):
    """Where it is read."""

    async def freshness(self, tenant: TenantId) -> Freshness:
        """The version that the tenant's data has now."""
        ...


class MemoryFreshnessStore:
    """`flushed` says that a tenant's data changed."""

    def __init__(self, taken_at: datetime) -> None:
        self.taken_at = taken_at
        self._flushes = Counter[TenantId]()

    def flushed(self, tenant: TenantId) -> None:
        self._flushes[tenant] += 1

    async def freshness(self, tenant: TenantId) -> Freshness:
        return Freshness(DataVersion(None, self._flushes[tenant], (), ()), self.taken_at)
