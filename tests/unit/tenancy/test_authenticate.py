"""Who is asking: what a key must survive before it becomes a caller."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import NotAllowed, NotAuthenticated
from analytics_hub.domain.key import NewKey, Scope
from analytics_hub.domain.tenant import NewTenant, TenantId
from analytics_hub.tenancy.authenticate import Authenticator, Caller
from analytics_hub.tenancy.issue import IssuedKey, issue_key
from analytics_hub.tenancy.key_text import new_key_text
from analytics_hub.tenancy.memory import MemoryKeyStore, MemoryTenants

NOW = datetime(2026, 11, 5, tzinfo=UTC)


class World:
    """One tenant with one key, and a clock."""

    def __init__(self, *, expires_at: datetime | None = None, cache_max: int = 10) -> None:
        self.clock = FixedClock(NOW)
        self.tenants = MemoryTenants(NOW)
        self.tenant = self.tenants.create(NewTenant("acme"))
        self.key: IssuedKey = issue_key(
            self.tenants, self.tenant.tenant_id, [Scope.QUERY], expires_at=expires_at
        )
        self.store = MemoryKeyStore(self.tenants)
        self.authenticator = Authenticator(self.store, self.clock, cache_s=5, cache_max=cache_max)

    def caller(self, text: str) -> Caller:
        return asyncio.run(self.authenticator.caller(text))

    def refusal(self, text: str) -> str:
        with pytest.raises(NotAuthenticated) as refused:
            self.caller(text)
        return refused.value.code


def test_a_good_key_names_its_tenant_and_scopes() -> None:
    world = World()
    caller = world.caller(world.key.text)
    assert (caller.tenant, caller.slug, caller.scopes) == (TenantId(1), "acme", frozenset({Scope.QUERY}))


def test_a_mistyped_key_is_refused_without_a_look_up() -> None:
    world = World()
    assert world.refusal(world.key.text[:-1] + "x") == "bad_key"
    assert world.store.asked == 0


def test_a_stranger_key_and_a_wrong_secret_read_the_same() -> None:
    world = World()
    stranger = new_key_text()
    assert world.refusal(stranger.text) == "unknown_key"
    same_prefix = NewKey(
        uuid4(), world.tenant.tenant_id, stranger.prefix, b"\1" * 32, frozenset({Scope.QUERY})
    )
    world.tenants.add(same_prefix)
    world.clock.advance(timedelta(seconds=6))
    assert world.refusal(stranger.text) == "unknown_key"


def test_an_expired_key_is_refused_from_its_moment_on() -> None:
    world = World(expires_at=NOW + timedelta(seconds=2))
    assert world.caller(world.key.text)
    world.clock.advance(timedelta(seconds=2))
    assert world.refusal(world.key.text) == "key_expired"


def test_a_revocation_is_seen_after_the_seconds_of_the_cache() -> None:
    world = World()
    world.caller(world.key.text)
    row = world.tenants.key(world.key.prefix)
    assert row is not None
    world.tenants.add(
        NewKey(row.key_id, row.tenant_id, world.key.prefix, row.key_hash, row.scopes), revoked_at=NOW
    )
    assert world.caller(world.key.text)
    world.clock.advance(timedelta(seconds=5))
    assert world.refusal(world.key.text) == "key_revoked"


def test_a_row_is_looked_up_once_within_the_cache_unknown_ones_too() -> None:
    world = World()
    for _ in range(3):
        world.caller(world.key.text)
    assert world.store.asked == 1
    stranger = new_key_text().text
    for _ in range(3):
        world.refusal(stranger)
    assert world.store.asked == 2


def test_the_cache_is_bounded() -> None:
    world = World(cache_max=2)
    for _ in range(5):
        world.refusal(new_key_text().text)
    world.caller(world.key.text)
    assert world.store.asked == 6


def test_a_missing_scope_is_not_allowed() -> None:
    world = World()
    with pytest.raises(NotAllowed, match="scope_missing"):
        world.caller(world.key.text).require(Scope.ADMIN)
