"""Making tenants and keys. A key's text is shown once and never kept.

In: a validated `NewTenant`, or a tenant and scopes; and who does it, for the audit log. Out: the stored tenant, and an
`IssuedKey` with the text to show. What becomes of a key later: `retire.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from analytics_hub.domain.access import UNNAMED_OPERATOR, Actor
from analytics_hub.domain.audit import Action, NewAuditLine
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.key import NewKey, Scope
from analytics_hub.domain.tenant import NewTenant, Tenant, TenantId
from analytics_hub.tenancy.audit import AuditBook, act
from analytics_hub.tenancy.key_text import KeyText, new_key_text


class TenantStore(AuditBook, Protocol):
    """Where tenants are kept. `create` raises Conflict for a slug that is taken, `find` NotFound for an
    absent one.
    """

    def create(self, tenant: NewTenant) -> Tenant: ...

    def find(self, slug: str) -> Tenant: ...

    def all(self) -> Sequence[Tenant]: ...


class KeyBook(AuditBook, Protocol):
    """Where new keys are written. Raises Conflict for a prefix that is taken."""

    def add(self, key: NewKey) -> None: ...


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key. `text` is the secret: show it once."""

    key_id: UUID
    prefix: str
    text: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"IssuedKey({self.prefix!r}, …)"


def create_tenant(store: TenantStore, tenant: NewTenant, *, by: Actor) -> Tenant:
    """Make a tenant."""
    with store.transaction():
        made = store.create(tenant)
        detail = {"name": made.name, "declared_tags": list(made.declared_tags)}
        store.record(NewAuditLine(made.tenant_id, by, Action.TENANT_CREATE, made.slug, detail))
    return made


def issue_key(
    book: KeyBook,
    tenant: TenantId,
    scopes: Iterable[Scope | str],
    *,
    by: Actor = UNNAMED_OPERATOR,
    name: str = "",
    expires_at: datetime | None = None,
    make: Callable[[], KeyText] = new_key_text,
) -> IssuedKey:
    """Write a new key for a tenant and return its text."""
    key, row = new_key(tenant, scopes, name, expires_at, make)
    with act(book, by, Action.KEY_ISSUE, tenant, row.prefix) as detail:
        book.add(row)
        detail |= {"name": row.name, "scopes": sorted(row.scopes), "expires_at": row.expires_at}
    return key


def new_key(
    tenant: TenantId,
    scopes: Iterable[Scope | str],
    name: str,
    expires_at: datetime | None,
    make: Callable[[], KeyText],
) -> tuple[IssuedKey, NewKey]:
    """A key and the row to keep of it."""
    granted = frozenset(map(_scope, scopes))
    if not granted:
        raise InvalidInput("no_scope", "scopes", "A key needs at least one scope.")
    key = make()
    row = NewKey(uuid4(), tenant, key.prefix, key.key_hash, granted, expires_at, name)
    return IssuedKey(row.key_id, key.prefix, key.text, granted, expires_at), row


def _scope(name: Scope | str) -> Scope:
    try:
        return Scope(name)
    except ValueError as error:
        known = ", ".join(Scope)
        raise InvalidInput("unknown_scope", "scopes", f"A scope is one of {known}.") from error
