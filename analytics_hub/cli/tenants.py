"""Tenants and keys for commands: found, made, listed, as hub_maint. The rules are in
`analytics_hub/tenancy`.
"""

from collections.abc import Sequence

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import NewTenant, Tenant
from analytics_hub.storage.connections import connect
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.storage.tenant_store import PostgresTenantStore
from analytics_hub.tenancy.issue import IssuedKey, issue_key

_NAME = "hub-cli"


def find_tenant(hub: OpenedHub, slug: str) -> Tenant:
    """Raises NotFound: a typo must not make a tenant."""
    with connect(hub.dsn("hub_maint"), _NAME) as conn:
        return PostgresTenantStore(conn).find(slug)


def list_tenants(hub: OpenedHub) -> Sequence[Tenant]:
    with connect(hub.dsn("hub_maint"), _NAME) as conn:
        return PostgresTenantStore(conn).all()


def make_tenant(hub: OpenedHub, tenant: NewTenant, scopes: Sequence[Scope | str]) -> tuple[Tenant, IssuedKey]:
    """A tenant and its first key, both or neither."""
    with connect(hub.dsn("hub_maint"), _NAME) as conn, conn.transaction():
        made = PostgresTenantStore(conn).create(tenant)
        return made, issue_key(PostgresKeyBook(conn), made.tenant_id, scopes)


def make_key(hub: OpenedHub, slug: str, scopes: Sequence[Scope | str]) -> IssuedKey:
    with connect(hub.dsn("hub_maint"), _NAME) as conn:
        tenant = PostgresTenantStore(conn).find(slug)
        return issue_key(PostgresKeyBook(conn), tenant.tenant_id, scopes)
