"""Who is asking: what a key must survive before it becomes a caller."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from analytics_hub.domain.access import Actor, ActorKind, Right
from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import NotAllowed, NotAuthenticated, TryLater
from analytics_hub.domain.key import NewKey, Scope, StoredKey
from analytics_hub.domain.tenant import NewTenant, TenantId
from analytics_hub.tenancy.authenticate import Authenticator, Caller
from analytics_hub.tenancy.issue import IssuedKey, issue_key
from analytics_hub.tenancy.key_text import new_key_text
from analytics_hub.tenancy.memory import MemoryKeyStore, MemoryTenants

NOW = datetime(2026, 11, 5, tzinfo=UTC)


class AwayKeyStore(MemoryKeyStore):
    """A store whose database can be away, or frozen: then it never answers."""

    state = "there"

    async def find(self, prefix: str) -> StoredKey | None:
        row = await super().find(prefix)
        if self.state == "away":
            raise TryLater("database_unavailable", "The database does not answer.")
        if self.state == "frozen":
            await asyncio.get_running_loop().create_future()
        return row


class World:
    """One tenant with one key, and a clock."""

    def __init__(
        self, *, expires_at: datetime | None = None, cache_max: int = 10, stale_s: float = 0
    ) -> None:
        self.clock = FixedClock(NOW)
        self.tenants = MemoryTenants(NOW)
        self.tenant = self.tenants.create(NewTenant("acme"))
        self.key: IssuedKey = issue_key(
            self.tenants, self.tenant.tenant_id, [Scope.QUERY], expires_at=expires_at
        )
        self.store = AwayKeyStore(self.tenants)
        self.authenticator = Authenticator(
            self.store, self.clock, cache_s=5, cache_max=cache_max, stale_s=stale_s, wait_s=0.01
        )

    def caller(self, text: str) -> Caller:
        return asyncio.run(self.authenticator.caller(text))

    def refusal(self, text: str) -> str:
        with pytest.raises(NotAuthenticated) as refused:
            self.caller(text)
        return refused.value.code


def test_a_good_key_names_its_tenant_and_rights() -> None:
    world = World()
    caller = world.caller(world.key.text)
    assert (caller.tenant, caller.slug) == (TenantId(1), "acme")
    assert caller.rights == {Right.VIEW, Right.QUERY}
    assert caller.actor == Actor(ActorKind.KEY, world.key.prefix)


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
    world.tenants.revoke(world.tenant.tenant_id, world.key.prefix)
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
        world.caller(world.key.text).require(Right.ADMIN)


@pytest.mark.parametrize("state", ["away", "frozen"])
def test_while_the_database_is_away_a_known_key_stays_good_for_a_while(state: str) -> None:
    world = World(stale_s=60)
    world.caller(world.key.text)
    world.store.state = state
    world.clock.advance(timedelta(seconds=30))
    assert world.caller(world.key.text)
    asked = world.store.asked
    assert world.caller(world.key.text)
    assert world.store.asked == asked, "for some seconds nobody asks again"
    world.clock.advance(timedelta(seconds=31))
    with pytest.raises(TryLater):
        world.caller(world.key.text)


@pytest.mark.parametrize("state", ["away", "frozen"])
def test_an_unknown_key_is_not_guessed_while_the_database_is_away(state: str) -> None:
    world = World(stale_s=60)
    world.store.state = state
    with pytest.raises(TryLater, match=r"database_unavailable|too_slow"):
        world.caller(world.key.text)


def test_a_key_in_use_is_looked_up_before_its_time_is_over_and_nobody_waits() -> None:
    world = World()
    world.caller(world.key.text)
    world.clock.advance(timedelta(seconds=3))

    async def main() -> tuple[int, int]:
        await world.authenticator.caller(world.key.text)
        before = world.store.asked
        await asyncio.sleep(0)
        return before, world.store.asked

    assert asyncio.run(main()) == (1, 2)
    world.clock.advance(timedelta(seconds=3))
    world.store.state = "away"
    assert world.caller(world.key.text), "good from the second look-up on"


def test_callers_that_come_together_share_one_look_up() -> None:
    world = World()

    async def main() -> None:
        callers = await asyncio.gather(*[world.authenticator.caller(world.key.text) for _ in range(20)])
        assert {caller.slug for caller in callers} == {"acme"}

    asyncio.run(main())
    assert world.store.asked == 1
