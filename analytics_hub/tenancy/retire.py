"""The end of keys: at once, or after a while in which the old one and its successor both hold.

In: a tenant and the prefix of a key, and who does it. Out: the successor of a rotated key. A serving process knows of
it within seconds (`authenticate.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from analytics_hub.domain.access import Actor
from analytics_hub.domain.audit import Action
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.key import RetiredKey
from analytics_hub.domain.tenant import TenantId
from analytics_hub.tenancy.audit import AuditBook, act
from analytics_hub.tenancy.issue import IssuedKey, KeyBook, new_key
from analytics_hub.tenancy.key_text import KeyText, new_key_text


class KeyEnds(AuditBook, Protocol):
    """Where keys end. Both raise NotFound when the tenant has no such key in force."""

    def retire(self, tenant: TenantId, prefix: str, grace: timedelta) -> RetiredKey: ...

    def revoke(self, tenant: TenantId, prefix: str) -> None: ...


class KeyCabinet(KeyBook, KeyEnds, Protocol):
    """Both: for a key that takes another's place."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """A new key, and until when the old one still holds."""

    key: IssuedKey
    old_prefix: str
    old_ends_at: datetime


def rotate_key(
    book: KeyCabinet,
    tenant: TenantId,
    prefix: str,
    *,
    grace: timedelta,
    by: Actor,
    make: Callable[[], KeyText] = new_key_text,
) -> Rotation:
    """A successor with the same name, scopes and length of life; the old key ends after the grace, or by itself."""
    if grace < timedelta():
        raise InvalidInput("bad_grace", "grace", "The old key cannot end in the past.")
    with act(book, by, Action.KEY_ROTATE, tenant, prefix) as detail:
        old = book.retire(tenant, prefix, grace)
        key, row = new_key(tenant, old.scopes, old.name, old.successor_expires_at, make)
        book.add(row)
        detail |= {
            "successor": row.prefix,
            "scopes": sorted(row.scopes),
            "expires_at": row.expires_at,
            "old_ends_at": old.ends_at,
        }
    return Rotation(key, prefix, old.ends_at)


def revoke_key(book: KeyEnds, tenant: TenantId, prefix: str, *, by: Actor) -> None:
    """The key ends now."""
    with act(book, by, Action.KEY_REVOKE, tenant, prefix):
        book.revoke(tenant, prefix)
