"""Lists of a tenant's keys, members and audit lines: read as hub_reader through the barrier views.

In: a tenant, a place, a number of rows. Out: domain values, newest first. The port and its twin are in
`analytics_hub/tenancy` (`lists.py`, `memory.py`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from analytics_hub.domain.audit import AuditLine
from analytics_hub.domain.key import ListedKey, Scope
from analytics_hub.domain.member import Member
from analytics_hub.domain.page import RowPlace
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.audit_store import audit_line
from analytics_hub.storage.connections import tenant_transaction_async
from analytics_hub.storage.member_store import member_of
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements

_AUDIT_ID_MAX: Final = 2**63 - 1


class PostgresAccessStore:
    """Reads as hub_reader."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    async def keys(self, tenant: TenantId, after: RowPlace | None, limit: int) -> Sequence[ListedKey]:
        args = {"after_at": after and after.at, "after_id": after and UUID(int=after.number), "limit": limit}
        return [_listed_key(row) for row in await self._rows("keys", "list_keys", tenant, args)]

    async def members(self, tenant: TenantId, after: RowPlace | None, limit: int) -> Sequence[Member]:
        args = {"after_at": after and after.at, "after_id": after and UUID(int=after.number), "limit": limit}
        return [member_of(row) for row in await self._rows("members", "list_members", tenant, args)]

    async def audit(
        self, tenant: TenantId, start: datetime, end: datetime, after: RowPlace | None, limit: int
    ) -> Sequence[AuditLine]:
        args = {
            "start": start,
            "end": end,
            "after_at": after and after.at,
            "after_id": after and min(after.number, _AUDIT_ID_MAX),
            "limit": limit,
        }
        return [audit_line(row) for row in await self._rows("audit", "list_lines", tenant, args)]

    async def _rows(
        self, file: str, name: str, tenant: TenantId, args: dict[str, Any]
    ) -> list[tuple[Any, ...]]:
        async with (
            self._pool.reading() as connection,
            tenant_transaction_async(connection, tenant) as cursor,
        ):
            await cursor.execute(statements(file)[name], {"tenant_id": int(tenant), **args})
            return await cursor.fetchall()


def _listed_key(row: Sequence[Any]) -> ListedKey:
    key_id, prefix, name, scopes, *moments = row
    created_at, expires_at, revoked_at, last_used_at = (
        moment and moment.astimezone(UTC) for moment in moments
    )
    return ListedKey(
        key_id, prefix, name, frozenset(map(Scope, scopes)), created_at, expires_at, revoked_at, last_used_at
    )
