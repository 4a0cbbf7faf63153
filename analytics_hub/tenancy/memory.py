"""The in-memory twin of the stores of tenants, keys and members, for tests and for reading."""

from collections.abc import Sequence
from datetime import datetime

from analytics_hub.domain.errors import Conflict, NotFound
from analytics_hub.domain.key import NewKey, StoredKey
from analytics_hub.domain.member import NewMember, Person, StoredMember
from analytics_hub.domain.tenant import NewTenant, Tenant, TenantId


class MemoryTenants:
    """Tenants and their keys in dictionaries: `TenantStore` and `KeyBook` in one."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._tenants: dict[str, Tenant] = {}
        self._keys: dict[str, StoredKey] = {}
        self._members: dict[tuple[TenantId, Person], StoredMember] = {}

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

    def add(self, key: NewKey, revoked_at: datetime | None = None) -> None:
        slugs = {tenant.tenant_id: tenant.slug for tenant in self._tenants.values()}
        slug = slugs[key.tenant_id]
        self._keys[key.prefix] = StoredKey(
            key.key_id, key.tenant_id, slug, key.key_hash, key.scopes, key.expires_at, revoked_at
        )

    def add_member(self, member: NewMember, removed_at: datetime | None = None) -> None:
        slugs = {tenant.tenant_id: tenant.slug for tenant in self._tenants.values()}
        self._members[member.tenant_id, member.person] = StoredMember(
            member.tenant_id, slugs[member.tenant_id], member.role, removed_at
        )

    def member(self, person: Person, slug: str) -> StoredMember | None:
        tenant = self._tenants.get(slug)
        if tenant is None:
            return None
        nobody = StoredMember(tenant.tenant_id, slug, None)
        return self._members.get((tenant.tenant_id, person), nobody)

    def key(self, prefix: str) -> StoredKey | None:
        return self._keys.get(prefix)


class MemoryKeyStore:
    """The look-up side of the same dictionaries; counts how often it was asked."""

    def __init__(self, tenants: MemoryTenants) -> None:
        self._tenants = tenants
        self.asked = 0

    async def find(self, prefix: str) -> StoredKey | None:
        self.asked += 1
        return self._tenants.key(prefix)


class MemoryMemberStore:
    """The same for members."""

    def __init__(self, tenants: MemoryTenants) -> None:
        self._tenants = tenants
        self.asked = 0

    async def find(self, issuer: str, subject: str, slug: str) -> StoredMember | None:
        self.asked += 1
        return self._tenants.member(Person(issuer, subject), slug)
