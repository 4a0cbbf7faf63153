"""Members in the database: written as hub_maint, looked up as hub_reader through `hub.member` only.

In: who somebody is by a checked credential. Out: `StoredMember`. Its rules are in `analytics_hub/tenancy`.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from analytics_hub.domain.access import Role
from analytics_hub.domain.errors import Conflict
from analytics_hub.domain.member import Member, NewMember, Person, StoredMember
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.audit_store import PostgresAuditBook
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements


class PostgresMemberBook(PostgresAuditBook):
    """Writes members, over one connection in autocommit mode."""

    def add_member(self, member: NewMember) -> None:
        args = {
            "tenant_id": int(member.tenant_id),
            "member_id": member.member_id,
            "issuer": member.person.issuer,
            "subject": member.person.subject,
            "email": member.email,
            "role": member.role.value,
        }
        if self._execute("members", "add_member", args).rowcount == 0:
            raise Conflict("member_already", "This person is a member already.", field="member")

    def named(self, tenant: TenantId, name: str) -> Sequence[Member]:
        rows = self._execute("members", "named", {"tenant_id": int(tenant), "name": name})
        return [member_of(row) for row in rows]

    def set_role(self, tenant: TenantId, member_id: UUID, role: Role) -> None:
        args = {"tenant_id": int(tenant), "member_id": member_id, "role": role.value}
        self._execute("members", "set_role", args)

    def remove_member(self, tenant: TenantId, member_id: UUID) -> None:
        self._execute("members", "remove_member", {"tenant_id": int(tenant), "member_id": member_id})


class PostgresMemberStore:
    """Looks members up for a serving process."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    async def find(self, issuer: str, subject: str, slug: str) -> StoredMember | None:
        args = {"issuer": issuer, "subject": subject, "slug": slug}
        async with self._pool.reading() as connection:
            cursor = await connection.execute(statements("members")["member"], args)
            row = await cursor.fetchone()
        if row is None:
            return None
        tenant_id, slug, role, removed_at = row
        return StoredMember(tenant_id, slug, None if role is None else Role(role), removed_at)


def member_of(row: Sequence[Any]) -> Member:
    member_id, issuer, subject, email, role, added_at, removed_at = row
    return Member(
        member_id,
        Person(issuer, subject),
        email,
        Role(role),
        added_at.astimezone(UTC),
        removed_at and removed_at.astimezone(UTC),
    )
