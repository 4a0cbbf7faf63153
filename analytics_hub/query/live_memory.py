"""The in-memory twin of the listener: `changed` says that a tenant's data was committed."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from analytics_hub.domain.tenant import TenantId


class MemoryChanges:
    """For tests and for understanding."""

    def __init__(self) -> None:
        self._followers: defaultdict[TenantId, list[Callable[[], None]]] = defaultdict(list)

    def changed(self, tenant: TenantId) -> None:
        for follower in tuple(self._followers[tenant]):
            follower()

    def followers(self, tenant: TenantId) -> int:
        return len(self._followers[tenant])

    @asynccontextmanager
    async def following(self, tenant: TenantId, changed: Callable[[], None]) -> AsyncIterator[None]:
        self._followers[tenant].append(changed)
        try:
            yield
        finally:
            self._followers[tenant].remove(changed)
