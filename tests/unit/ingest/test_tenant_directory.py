"""What is known of tenants: kept for seconds, and for longer only while nobody can say more."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.tenant import TenantId, TenantLimits
from ingest.tenant_directory import TenantDirectory, rules_of


class World:
    """Tenants by number, a count of the questions, and a database that can be away."""

    def __init__(self, *, cache_max: int = 10, stale_s: float = 60) -> None:
        self.clock = FixedClock(datetime(2026, 11, 5, tzinfo=UTC))
        self.tenants = {number: limits(number) for number in range(1, 6)}
        self.away = False
        self.asked = 0
        self.directory = TenantDirectory(
            self.load, self.clock, cache_s=5, cache_max=cache_max, stale_s=stale_s
        )

    def load(self, tenant_id: int) -> TenantLimits | None:
        self.asked += 1
        if self.away:
            raise TryLater("database_unavailable", "The database does not answer.")
        return self.tenants.get(tenant_id)

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


def limits(number: int, slug: str = "acme") -> TenantLimits:
    return TenantLimits(TenantId(number), slug, timedelta(days=7), ("team",))


def test_the_limits_reach_the_core_in_its_words() -> None:
    rules = rules_of(limits(7))
    assert (rules.tenant_id, rules.slug, rules.declared_tags) == (7, "acme", ("team",))
    assert rules.late_horizon_us == 7 * 86_400 * 1_000_000
    assert rules_of(TenantLimits(TenantId(7), "acme", None, ())).late_horizon_us is None


def test_a_tenant_is_asked_for_once_within_the_seconds_and_a_missing_one_too() -> None:
    world = World()
    for _ in range(3):
        assert world.directory.rules(1) is not None
        assert world.directory.rules(99) is None
    assert world.asked == 2


def test_a_change_counts_after_the_seconds() -> None:
    world = World()
    world.directory.rules(1)
    world.tenants[1] = limits(1, "renamed")
    world.wait(4.9)
    assert world.directory.rules(1).slug == "acme"  # type: ignore[union-attr]
    world.wait(0.2)
    assert world.directory.rules(1).slug == "renamed"  # type: ignore[union-attr]


def test_fresh_never_asks() -> None:
    world = World()
    assert world.directory.fresh(1) is None
    rules = world.directory.rules(1)
    assert world.directory.fresh(1) is rules
    world.wait(5)
    assert world.directory.fresh(1) is None
    assert world.asked == 1


def test_while_the_database_is_away_what_was_known_stays_good_for_a_while() -> None:
    world = World(stale_s=60)
    world.directory.rules(1)
    world.away = True
    world.wait(30)
    assert world.directory.rules(1) is not None
    assert world.directory.fresh(1) is not None, "and the next body does not wait for it again"
    world.wait(31)
    with pytest.raises(TryLater, match="database_unavailable"):
        world.directory.rules(1)


def test_a_tenant_that_was_never_known_is_not_guessed() -> None:
    world = World()
    world.away = True
    with pytest.raises(TryLater):
        world.directory.rules(1)


def test_the_tenants_kept_are_bounded() -> None:
    world = World(cache_max=2)
    for number in (1, 2, 3, 1):
        world.directory.rules(number)
    assert world.asked == 4
