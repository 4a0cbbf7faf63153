"""Tenants in the database: made and listed by the operator's commands, as hub_maint.

In: a validated `NewTenant`. Out: `Tenant` rows. Keys are in `key_store.py`.
"""

from collections.abc import Sequence
from typing import Any

from analytics_hub.domain.errors import Conflict, NotFound
from analytics_hub.domain.tenant import NewTenant, Tenant
from analytics_hub.storage.audit_store import PostgresAuditBook


class PostgresTenantStore(PostgresAuditBook):
    """Over one connection in autocommit mode."""

    def create(self, tenant: NewTenant) -> Tenant:
        args: dict[str, object] = {
            "slug": tenant.slug,
            "name": tenant.name,
            "late_horizon": tenant.late_horizon,
            "declared_tags": list(tenant.declared_tags),
            "series_max": tenant.series_max,
        }
        made = self._rows("create_tenant", args)
        if not made:
            raise Conflict("slug_taken", f"There is a tenant {tenant.slug!r} already.", field="slug")
        return made[0]

    def find(self, slug: str) -> Tenant:
        found = self._rows("find_tenant", {"slug": slug})
        if not found:
            raise NotFound("no_such_tenant", f"There is no tenant {slug!r}.", field="tenant")
        return found[0]

    def all(self) -> Sequence[Tenant]:
        return self._rows("list_tenants", {})

    def _rows(self, name: str, args: dict[str, object]) -> list[Tenant]:
        return [_tenant(row) for row in self._execute("tenants", name, args)]


def _tenant(row: Sequence[Any]) -> Tenant:
    tenant_id, slug, name, late_horizon, declared_tags, series_max, created_at = row
    return Tenant(tenant_id, slug, name, late_horizon, tuple(declared_tags), series_max, created_at)
