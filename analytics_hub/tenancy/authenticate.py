"""From the text of a key to the caller: the tenant, and what the key may do. After this only a `TenantId`
travels.

Order of the checks: shape and checksum (no look-up), the row by prefix (kept at most a few seconds, so that
a revoked key dies soon), the hash in constant time, revoked, expired. A stranger learns nothing but "no":
every failure before the hash has matched reads the same.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from analytics_hub.domain.access import ROLE_RIGHTS, SCOPE_RIGHTS, Actor, ActorKind, Right
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import NotAllowed, NotAuthenticated
from analytics_hub.domain.key import StoredKey
from analytics_hub.domain.tenant import TenantId
from analytics_hub.tenancy.key_text import read_key_text
from analytics_hub.tenancy.row_cache import RowCache

_NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. Its credential ends by itself at `expires_at`, if at all."""

    tenant: TenantId
    slug: str
    actor: Actor
    rights: frozenset[Right]
    expires_at: datetime | None = None

    def require(self, right: Right) -> None:
        if right in self.rights:
            return
        if self.actor.kind is ActorKind.KEY:
            scopes = " or ".join(repr(scope.value) for scope, gives in SCOPE_RIGHTS.items() if right in gives)
            raise NotAllowed("scope_missing", f"This key lacks the scope {scopes}.")
        roles = " or ".join(repr(role.value) for role, gives in ROLE_RIGHTS.items() if right in gives)
        wanted = f"the role {roles}" if roles else "a key: no role brings it"
        raise NotAllowed("role_missing", f"This asks for {wanted}.")


class Authenticates(Protocol):
    """Says who presents a credential; any kind of it. Raises NotAuthenticated, or TryLater when nobody can say."""

    async def caller(self, text: str) -> Caller: ...


class KeyStore(Protocol):
    """Where keys are looked up."""

    async def find(self, prefix: str) -> StoredKey | None: ...


class Authenticator:
    """Checks keys; remembers rows as `RowCache` does, and tells `used` of every key let in. For one event loop."""

    def __init__(
        self,
        store: KeyStore,
        clock: Clock,
        *,
        cache_s: float,
        cache_max: int,
        stale_s: float = 0,
        wait_s: float = 10,
        used: Callable[[UUID], None] | None = None,
    ) -> None:
        self._clock = clock
        self._used = used
        self._rows: RowCache[str, StoredKey] = RowCache(
            store.find, clock, cache_s=cache_s, cache_max=cache_max, stale_s=stale_s, wait_s=wait_s
        )

    async def caller(self, text: str) -> Caller:
        """The caller of a key, else NotAuthenticated."""
        key = read_key_text(text)
        if key is None:
            raise NotAuthenticated("bad_key", "The API key is malformed or mistyped.")
        row = await self._rows.row(key.prefix)
        # Compared even when there is no row, so that the time of an answer does not tell.
        same = hmac.compare_digest(key.key_hash, row.key_hash if row else _NO_HASH)
        if row is None or not same:
            raise NotAuthenticated("unknown_key", "The API key is not known.")
        _check_dates(row, self._clock.now())
        if self._used is not None:
            self._used(row.key_id)
        rights = frozenset[Right]().union(*(SCOPE_RIGHTS[scope] for scope in row.scopes))
        return Caller(row.tenant_id, row.slug, Actor(ActorKind.KEY, key.prefix), rights, row.expires_at)


def _check_dates(row: StoredKey, now: datetime) -> None:
    if row.revoked_at is not None and row.revoked_at <= now:
        raise NotAuthenticated("key_revoked", "The API key was revoked.")
    if row.expires_at is not None and row.expires_at <= now:
        raise NotAuthenticated("key_expired", "The API key has expired.")
