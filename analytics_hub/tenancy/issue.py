"""Making tenants and keys: the operator's act, used by the command line. A key's text is shown once and
never kept.

In: a validated `NewTenant`, or a tenant and scopes. Out: the stored tenant, and an `IssuedKey` with the text
to show.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.key import NewKey, Scope
from analytics_hub.domain.tenant import NewTenant, Tenant, TenantId
from analytics_hub.tenancy.key_text import KeyText, new_key_text


class TenantStore(Protocol):
    """Where tenants are kept. `create` raises Conflict for a slug that is taken, `find` NotFound for an
    absent one.
    """

    def create(self, tenant: NewTenant) -> Tenant: ...

    def find(self, slug: str) -> Tenant: ...

    def all(self) -> Sequence[Tenant]: ...


class KeyBook(Protocol):
    """Where new keys are written."""

    def add(self, key: NewKey) -> None: ...


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key. `text` is the secret: show it once."""

    key_id: UUID
    prefix: str
    text: str
    scopes: frozenset[Scope]

    def __repr__(self) -> str:
        return f"IssuedKey({self.prefix!r}, …)"


def issue_key(
    book: KeyBook,
    tenant: TenantId,
    scopes: Iterable[Scope | str],
    *,
    expires_at: datetime | None = None,
    make: Callable[[], KeyText] = new_key_text,
) -> IssuedKey:
    """Write a new key for a tenant and return its text."""
    granted = frozenset(map(_scope, scopes))
    if not granted:
        raise InvalidInput("no_scope", "scopes", "A key needs at least one scope.")
    key = make()
    row = NewKey(uuid4(), tenant, key.prefix, key.key_hash, granted, expires_at)
    book.add(row)
    return IssuedKey(row.key_id, key.prefix, key.text, granted)


def _scope(name: Scope | str) -> Scope:
    try:
        return Scope(name)
    except ValueError as error:
        known = ", ".join(Scope)
        raise InvalidInput("unknown_scope", "scopes", f"A scope is one of {known}.") from error
