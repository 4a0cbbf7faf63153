"""From the text of a key to the caller: the tenant, and what the key may do. After this only a `TenantId`
travels.

Order of the checks: shape and checksum (no look-up), the row by prefix (kept at most a few seconds, so that
a revoked key dies soon), the hash in constant time, revoked, expired. A stranger learns nothing but "no":
every failure before the hash has matched reads the same.
"""

import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import NotAllowed, NotAuthenticated
from analytics_hub.domain.key import Scope, StoredKey
from analytics_hub.domain.tenant import TenantId
from analytics_hub.tenancy.key_text import read_key_text

_NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking."""

    tenant: TenantId
    slug: str
    key_id: UUID
    scopes: frozenset[Scope]

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise NotAllowed("scope_missing", f"This key lacks the scope {scope.value!r}.")


class KeyStore(Protocol):
    """Where keys are looked up."""

    async def find(self, prefix: str) -> StoredKey | None: ...


class Authenticator:
    """Checks keys; remembers a bounded number of rows for a bounded time, the unknown ones too."""

    def __init__(self, store: KeyStore, clock: Clock, *, cache_s: float, cache_max: int) -> None:
        self._store = store
        self._clock = clock
        self._cache_s = cache_s
        self._cache_max = cache_max
        self._cache: OrderedDict[str, tuple[StoredKey | None, float]] = OrderedDict()

    async def caller(self, text: str) -> Caller:
        """The caller of a key, else NotAuthenticated."""
        key = read_key_text(text)
        if key is None:
            raise NotAuthenticated("bad_key", "The API key is malformed or mistyped.")
        row = await self._row(key.prefix)
        # Compared even when there is no row, so that the time of an answer does not tell.
        same = hmac.compare_digest(key.key_hash, row.key_hash if row else _NO_HASH)
        if row is None or not same:
            raise NotAuthenticated("unknown_key", "The API key is not known.")
        _check_dates(row, self._clock.now())
        return Caller(row.tenant_id, row.slug, row.key_id, row.scopes)

    async def _row(self, prefix: str) -> StoredKey | None:
        now_s = self._clock.monotonic_s()
        kept = self._cache.get(prefix)
        if kept and kept[1] > now_s:
            return kept[0]
        row = await self._store.find(prefix)
        self._cache[prefix] = (row, now_s + self._cache_s)
        self._cache.move_to_end(prefix)
        while len(self._cache) > self._cache_max:
            self._cache.popitem(last=False)
        return row


def _check_dates(row: StoredKey, now: datetime) -> None:
    if row.revoked_at is not None and row.revoked_at <= now:
        raise NotAuthenticated("key_revoked", "The API key was revoked.")
    if row.expires_at is not None and row.expires_at <= now:
        raise NotAuthenticated("key_expired", "The API key has expired.")
