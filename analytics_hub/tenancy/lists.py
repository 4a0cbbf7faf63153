"""Reading what there is of a tenant: its keys, its members, its audit log, page by page, newest first.

In: a tenant and the place where the page before ended. Out: pages. Nothing of a key's secret is in them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from analytics_hub.domain.audit import AuditLine
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.key import ListedKey
from analytics_hub.domain.member import Member
from analytics_hub.domain.page import Page, RowPlace, page_of
from analytics_hub.domain.tenant import TenantId


class AccessStore(Protocol):
    """Where they are read. The moments are those of adding; `after` is excluded."""

    async def keys(self, tenant: TenantId, after: RowPlace | None, limit: int) -> Sequence[ListedKey]: ...

    async def members(self, tenant: TenantId, after: RowPlace | None, limit: int) -> Sequence[Member]: ...

    async def audit(
        self, tenant: TenantId, start: datetime, end: datetime, after: RowPlace | None, limit: int
    ) -> Sequence[AuditLine]: ...


class AccessLists:
    """The pages of them, each at most `page_max` rows long."""

    def __init__(self, store: AccessStore, *, page_max: int) -> None:
        self._store = store
        self.page_max = page_max

    async def keys(self, tenant: TenantId, limit: int, after: RowPlace | None = None) -> Page[ListedKey]:
        rows = await self._store.keys(tenant, after, self._checked(limit) + 1)
        return page_of(rows, limit, lambda row: row.place)

    async def members(self, tenant: TenantId, limit: int, after: RowPlace | None = None) -> Page[Member]:
        rows = await self._store.members(tenant, after, self._checked(limit) + 1)
        return page_of(rows, limit, lambda row: row.place)

    async def audit(
        self, tenant: TenantId, start: datetime, end: datetime, limit: int, after: RowPlace | None = None
    ) -> Page[AuditLine]:
        if start >= end:
            raise InvalidInput("empty_range", "to", "The range ends before it starts.")
        rows = await self._store.audit(tenant, start, end, after, self._checked(limit) + 1)
        return page_of(rows, limit, lambda row: row.place)

    def _checked(self, limit: int) -> int:
        if not 1 <= limit <= self.page_max:
            raise InvalidInput("bad_limit", "limit", f"A page has 1 to {self.page_max} rows.")
        return limit
