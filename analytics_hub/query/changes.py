"""The port to what says that a tenant's usage was committed, and its twin in memory. The real one is
`analytics_hub/storage/change_listener.py`.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from analytics_hub.domain.tenant import TenantId


class TenantChanges(Protocol):
    """Says that usage of a tenant was committed, by whichever process."""

    def following(self, tenant: TenantId, changed: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """While inside, `changed` is called in this event loop soon after a commit, and whenever one may have been
        missed. Commits close together are one call; a writer that dies says nothing, so who must know looks as well.
        Raises TryLater when the tenant cannot be followed now.
        """
        ...


class MemoryChanges:
    """`changed` is a commit."""

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
