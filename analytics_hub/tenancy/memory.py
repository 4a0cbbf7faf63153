"""The in-memory twin of the stores of tenants, keys, members and the audit log, for tests and for reading."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from analytics_hub.domain.access import Role
from analytics_hub.domain.audit import AuditLine, NewAuditLine
from analytics_hub.domain.errors import Conflict, NotFound
from analytics_hub.domain.key import KeyState, ListedKey, NewKey, RetiredKey, StoredKey
from analytics_hub.domain.member import Member, NewMember, Person, StoredMember
from analytics_hub.domain.page import RowPlace
from analytics_hub.domain.tenant import NewTenant, Tenant, TenantId


@dataclass(frozen=True, slots=True)
class _Key:
    tenant: TenantId
    key_hash: bytes
    listed: ListedKey


class MemoryTenants:
    """Tenants, keys, members and lines in dictionaries: `TenantStore`, `KeyCabinet` and `MemberBook` in one."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._tenants: dict[str, Tenant] = {}
        self._keys: dict[str, _Key] = {}
        self._members: dict[UUID, tuple[TenantId, Member]] = {}
        self._lines: dict[int, tuple[TenantId, AuditLine]] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = self._tenants, self._keys, self._members, self._lines
        self._tenants, self._keys, self._members, self._lines = (
            dict(before[0]),
            dict(before[1]),
            dict(before[2]),
            dict(before[3]),
        )
        try:
            yield
        except BaseException:
            self._tenants, self._keys, self._members, self._lines = before
            raise

    def record(self, line: NewAuditLine) -> None:
        number = len(self._lines) + 1
        slug = self._slug(line.tenant_id)
        written = AuditLine(number, self._now, slug, line.actor, line.action, line.subject, line.detail)
        self._lines[number] = (line.tenant_id, written)

    def create(self, tenant: NewTenant) -> Tenant:
        if tenant.slug in self._tenants:
            raise Conflict("slug_taken", f"There is a tenant {tenant.slug!r} already.", field="slug")
        number = TenantId(len(self._tenants) + 1)
        made = Tenant(
            number,
            tenant.slug,
            tenant.name,
            tenant.late_horizon,
            tenant.declared_tags,
            tenant.series_max,
            self._now,
        )
        self._tenants[tenant.slug] = made
        return made

    def find(self, slug: str) -> Tenant:
        if slug not in self._tenants:
            raise NotFound("no_such_tenant", f"There is no tenant {slug!r}.", field="tenant")
        return self._tenants[slug]

    def all(self) -> Sequence[Tenant]:
        return sorted(self._tenants.values(), key=lambda tenant: tenant.slug)

    def add(self, key: NewKey) -> None:
        if key.prefix in self._keys:
            raise Conflict("prefix_taken", "There is a key of this prefix already.", field="prefix")
        listed = ListedKey(
            key.key_id, key.prefix, key.name, key.scopes, self._now, key.expires_at, None, None
        )
        self._keys[key.prefix] = _Key(key.tenant_id, key.key_hash, listed)

    def retire(self, tenant: TenantId, prefix: str, grace: timedelta) -> RetiredKey:
        old = self._in_force(tenant, prefix)
        expires_at = old.listed.expires_at
        ends_at = min(self._now + grace, expires_at or self._now + grace)
        successor = None if expires_at is None else self._now + (expires_at - old.listed.created_at)
        self._keys[prefix] = replace(old, listed=replace(old.listed, expires_at=ends_at))
        return RetiredKey(old.listed.name, old.listed.scopes, ends_at, successor)

    def revoke(self, tenant: TenantId, prefix: str) -> None:
        old = self._in_force(tenant, prefix)
        self._keys[prefix] = replace(old, listed=replace(old.listed, revoked_at=self._now))

    def key(self, prefix: str) -> StoredKey | None:
        found = self._keys.get(prefix)
        if found is None:
            return None
        key = found.listed
        slug = self._slug(found.tenant)
        return StoredKey(
            key.key_id, found.tenant, slug, found.key_hash, key.scopes, key.expires_at, key.revoked_at
        )

    def touch(self, key_ids: Sequence[UUID]) -> None:
        for prefix, key in self._keys.items():
            if key.listed.key_id in key_ids:
                self._keys[prefix] = replace(key, listed=replace(key.listed, last_used_at=self._now))

    def add_member(self, member: NewMember, removed_at: datetime | None = None) -> None:
        if any(one.person == member.person for one in self._present(member.tenant_id)):
            raise Conflict("member_already", "This person is a member already.", field="member")
        row = Member(member.member_id, member.person, member.email, member.role, self._now, removed_at)
        self._members[member.member_id] = (member.tenant_id, row)

    def named(self, tenant: TenantId, name: str) -> Sequence[Member]:
        return [one for one in self._present(tenant) if name in (one.person.subject, one.email)]

    def set_role(self, tenant: TenantId, member_id: UUID, role: Role) -> None:
        self._members[member_id] = (tenant, replace(self._members[member_id][1], role=role))

    def remove_member(self, tenant: TenantId, member_id: UUID) -> None:
        self._members[member_id] = (tenant, replace(self._members[member_id][1], removed_at=self._now))

    def member(self, person: Person, slug: str) -> StoredMember | None:
        tenant = self._tenants.get(slug)
        if tenant is None:
            return None
        rows = [one for owner, one in self._members.values() if owner == tenant.tenant_id]
        theirs = [one for one in rows if one.person == person]
        newest = max(theirs, key=lambda one: (one.removed_at is None, one.removed_at), default=None)
        if newest is None:
            return StoredMember(tenant.tenant_id, slug, None)
        return StoredMember(tenant.tenant_id, slug, newest.role, newest.removed_at)

    def keys_of(self, tenant: TenantId) -> list[ListedKey]:
        return [key.listed for key in self._keys.values() if key.tenant == tenant]

    def members_of(self, tenant: TenantId) -> list[Member]:
        return [one for owner, one in self._members.values() if owner == tenant]

    def lines_of(self, tenant: TenantId) -> list[AuditLine]:
        return [line for owner, line in self._lines.values() if owner == tenant]

    def _present(self, tenant: TenantId) -> list[Member]:
        return [one for one in self.members_of(tenant) if one.removed_at is None]

    def _in_force(self, tenant: TenantId, prefix: str) -> _Key:
        key = self._keys.get(prefix)
        if key is None or key.tenant != tenant or key.listed.state(self._now) is not KeyState.IN_FORCE:
            raise NotFound("no_such_key", "There is no such key in force.", field="prefix")
        return key

    def _slug(self, tenant: TenantId) -> str:
        return next(one.slug for one in self._tenants.values() if one.tenant_id == tenant)


class MemoryKeyStore:
    """The look-up side of the same dictionaries; counts how often it was asked."""

    def __init__(self, tenants: MemoryTenants) -> None:
        self._tenants = tenants
        self.asked = 0

    async def find(self, prefix: str) -> StoredKey | None:
        self.asked += 1
        return self._tenants.key(prefix)

    async def touch(self, key_ids: Sequence[UUID]) -> None:
        self._tenants.touch(key_ids)


class MemoryMemberStore:
    """The same for members."""

    def __init__(self, tenants: MemoryTenants) -> None:
        self._tenants = tenants
        self.asked = 0

    async def find(self, issuer: str, subject: str, slug: str) -> StoredMember | None:
        self.asked += 1
        return self._tenants.member(Person(issuer, subject), slug)


class MemoryAccessStore:
    """The lists, as `AccessStore` gives them."""

    def __init__(self, tenants: MemoryTenants) -> None:
        self._tenants = tenants

    async def keys(self, tenant: TenantId, after: RowPlace | None, limit: int) -> Sequence[ListedKey]:
        rows = sorted(self._tenants.keys_of(tenant), key=lambda row: row.place, reverse=True)
        return [row for row in rows if after is None or row.place < after][:limit]

    async def members(self, tenant: TenantId, after: RowPlace | None, limit: int) -> Sequence[Member]:
        rows = sorted(self._tenants.members_of(tenant), key=lambda row: row.place, reverse=True)
        return [row for row in rows if after is None or row.place < after][:limit]

    async def audit(
        self, tenant: TenantId, start: datetime, end: datetime, after: RowPlace | None, limit: int
    ) -> Sequence[AuditLine]:
        lines = [line for line in self._tenants.lines_of(tenant) if start <= line.at < end]
        rows = sorted(lines, key=lambda row: row.place, reverse=True)
        return [row for row in rows if after is None or row.place < after][:limit]
