"""Tenants, keys and members for commands, as hub_maint. The rules are in `analytics_hub/tenancy`.

Whoever runs a command acts as the operator, by the name of the operating system's user.
"""

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.access import Actor, ActorKind
from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import NewTenant, Tenant
from analytics_hub.storage.audit_store import PostgresAuditBook
from analytics_hub.storage.connections import connect
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.storage.member_store import PostgresMemberBook
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.tenant_store import PostgresTenantStore
from analytics_hub.tenancy.issue import IssuedKey, create_tenant, issue_key

_NAME = "hub-cli"


@dataclass(frozen=True, slots=True)
class Books:
    """Over one connection: what commands read and write of tenants."""

    tenants: PostgresTenantStore
    keys: PostgresKeyBook
    members: PostgresMemberBook
    audit: PostgresAuditBook


@contextmanager
def open_books(hub: OpenedHub) -> Iterator[Books]:
    with translated(), connect(hub.dsn("hub_maint"), _NAME) as conn:
        yield Books(
            PostgresTenantStore(conn),
            PostgresKeyBook(conn),
            PostgresMemberBook(conn),
            PostgresAuditBook(conn),
        )


def operator() -> Actor:
    """Whoever runs this process. A container may run it as a number without a name."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = f"uid {number}"
    return Actor(ActorKind.OPERATOR, name)


def find_tenant(hub: OpenedHub, slug: str) -> Tenant:
    """Raises NotFound: a typo must not make a tenant."""
    with open_books(hub) as books:
        return books.tenants.find(slug)


def list_tenants(hub: OpenedHub) -> Sequence[Tenant]:
    with open_books(hub) as books:
        return books.tenants.all()


def make_tenant(hub: OpenedHub, tenant: NewTenant, scopes: Sequence[Scope | str]) -> tuple[Tenant, IssuedKey]:
    """A tenant and its first key, both or neither."""
    by = operator()
    with open_books(hub) as books, books.tenants.transaction():
        made = create_tenant(books.tenants, tenant, by=by)
        return made, issue_key(books.keys, made.tenant_id, scopes, by=by, name="first")
