"""From the text of a key to the caller: the tenant, and what the key may do. After this only a `TenantId`
travels.

Order of the checks: shape and checksum (no look-up), the row by prefix (kept at most a few seconds, so that
a revoked key dies soon), the hash in constant time, revoked, expired. A stranger learns nothing but "no":
every failure before the hash has matched reads the same.

A row in use is looked up again before its time is over, so that nobody waits for it. While the database is away,
a known row stays good for `stale_s`: nobody can revoke a key there meanwhile.
"""

import asyncio
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from analytics_hub.domain.access import ROLE_RIGHTS, SCOPE_RIGHTS, Actor, ActorKind, Right
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import NotAllowed, NotAuthenticated, TryLater
from analytics_hub.domain.key import StoredKey
from analytics_hub.domain.tenant import TenantId
from analytics_hub.tenancy.key_text import read_key_text

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
        raise NotAllowed("role_missing", f"This asks for the role {roles}.")


class Authenticates(Protocol):
    """Says who presents a credential; any kind of it. Raises NotAuthenticated, or TryLater when nobody can say."""

    async def caller(self, text: str) -> Caller: ...


class KeyStore(Protocol):
    """Where keys are looked up."""

    async def find(self, prefix: str) -> StoredKey | None: ...


@dataclass(frozen=True, slots=True)
class _Kept:
    row: StoredKey | None
    looked_up_s: float
    again_at_s: float
    good_until_s: float


class Authenticator:
    """Checks keys; remembers a bounded number of rows for a bounded time, the unknown ones too. For one event loop."""

    def __init__(
        self,
        store: KeyStore,
        clock: Clock,
        *,
        cache_s: float,
        cache_max: int,
        stale_s: float = 0,
        wait_s: float = 10,
    ) -> None:
        self._store = store
        self._clock = clock
        self._cache_s = cache_s
        self._cache_max = cache_max
        self._stale_s = stale_s
        self._wait_s = wait_s
        self._cache: OrderedDict[str, _Kept] = OrderedDict()
        self._looking: dict[str, asyncio.Task[StoredKey | None]] = {}

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
        rights = frozenset[Right]().union(*(SCOPE_RIGHTS[scope] for scope in row.scopes))
        return Caller(row.tenant_id, row.slug, Actor(ActorKind.KEY, key.prefix), rights, row.expires_at)

    async def _row(self, prefix: str) -> StoredKey | None:
        now_s = self._clock.monotonic_s()
        kept = self._cache.get(prefix)
        if kept is None or kept.good_until_s <= now_s:
            return await asyncio.shield(self._look_up(prefix))
        if kept.again_at_s <= now_s:
            self._look_up(prefix)
        return kept.row

    def _look_up(self, prefix: str) -> "asyncio.Task[StoredKey | None]":
        """One look-up at a time for a prefix, whoever waits for it."""
        task = self._looking.get(prefix)
        if task is None:
            task = self._looking[prefix] = asyncio.get_running_loop().create_task(self._asked(prefix))
            task.add_done_callback(lambda done: self._forget(prefix, done))
        return task

    def _forget(self, prefix: str, done: "asyncio.Task[StoredKey | None]") -> None:
        del self._looking[prefix]
        if not done.cancelled():
            done.exception()  # whoever waited has it; a look-up ahead of time is tried again soon

    async def _asked(self, prefix: str) -> StoredKey | None:
        asked_s = self._clock.monotonic_s()
        try:
            async with asyncio.timeout(self._wait_s):
                row = await self._store.find(prefix)
        except (TimeoutError, TryLater) as error:
            return self._stale(prefix, error)
        self._keep(prefix, row, looked_up_s=asked_s, from_s=asked_s)
        return row

    def _stale(self, prefix: str, error: Exception) -> StoredKey | None:
        now_s = self._clock.monotonic_s()
        kept = self._cache.get(prefix)
        if kept is None or kept.row is None or now_s - kept.looked_up_s > self._stale_s:
            if isinstance(error, TryLater):
                raise error
            raise TryLater("too_slow", "The database did not answer in time.") from error
        self._keep(prefix, kept.row, looked_up_s=kept.looked_up_s, from_s=now_s)
        return kept.row

    def _keep(self, prefix: str, row: StoredKey | None, *, looked_up_s: float, from_s: float) -> None:
        self._cache[prefix] = _Kept(row, looked_up_s, from_s + self._cache_s / 2, from_s + self._cache_s)
        self._cache.move_to_end(prefix)
        while len(self._cache) > self._cache_max:
            self._cache.popitem(last=False)


def _check_dates(row: StoredKey, now: datetime) -> None:
    if row.revoked_at is not None and row.revoked_at <= now:
        raise NotAuthenticated("key_revoked", "The API key was revoked.")
    if row.expires_at is not None and row.expires_at <= now:
        raise NotAuthenticated("key_expired", "The API key has expired.")
