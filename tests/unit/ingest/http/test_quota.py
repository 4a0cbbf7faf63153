"""What a tenant may send in a while, on a clock that the test holds."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import RateLimited
from analytics_hub.settings import CollectorSettings
from ingest.http.quota import Quotas


class World:
    def __init__(self, **changed: float) -> None:
        self.clock = FixedClock(datetime(2026, 11, 5, tzinfo=UTC))
        self.quotas = Quotas(CollectorSettings.model_validate(changed), self.clock)

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def spend(self, events: int, size_bytes: int = 0, tenant: int = 1) -> float:
        """Seconds until the tenant may send again; 0 when it was let through."""
        try:
            self.quotas.spend(tenant, events=events, size_bytes=size_bytes)
        except RateLimited as limited:
            return limited.retry_after_s
        return 0


def test_without_a_rate_everything_passes() -> None:
    world = World()
    assert not any(world.spend(10**9, 10**12) for _ in range(100))


def test_the_burst_passes_at_once_and_then_the_rate() -> None:
    world = World(events_per_s=10, burst_s=2)
    assert world.spend(20) == 0
    assert world.spend(1) == pytest.approx(0.1)
    world.wait(0.2)
    assert world.spend(2) == 0
    assert world.spend(1) > 0


def test_a_body_larger_than_the_burst_is_late_and_not_lost() -> None:
    world = World(events_per_s=10, burst_s=1)
    assert world.spend(100) == 0
    wait_s = world.spend(1)
    assert wait_s == pytest.approx(9.1)
    world.wait(wait_s)
    assert world.spend(1) == 0


def test_over_a_long_time_the_rate_holds() -> None:
    world = World(events_per_s=100, burst_s=1)
    taken = 0
    for _ in range(1000):
        taken += 7 if world.spend(7) == 0 else 0
        world.wait(0.05)
    assert 50 * 100 <= taken <= 51 * 100 + 7


def test_bytes_count_as_events_do() -> None:
    world = World(bytes_per_s=1000, burst_s=1)
    assert world.spend(0, 1500) == 0
    assert world.spend(0, 1) == pytest.approx(0.501)


def test_one_tenant_does_not_use_up_anothers() -> None:
    world = World(events_per_s=1, burst_s=1)
    assert world.spend(5, tenant=1) == 0
    assert world.spend(1, tenant=1) > 0
    assert world.spend(1, tenant=2) == 0


def test_what_was_not_taken_is_given_back() -> None:
    world = World(events_per_s=10, burst_s=1)
    assert world.spend(10) == 0
    world.quotas.give_back(1, events=10, size_bytes=0)
    assert world.spend(10) == 0
    assert world.spend(1) > 0


def test_the_tenants_remembered_are_bounded() -> None:
    world = World(events_per_s=1, burst_s=1, quota_tenants_max=2)
    for tenant in (1, 2, 3):
        assert world.spend(5, tenant=tenant) == 0
    assert world.spend(1, tenant=3) > 0
    assert world.spend(1, tenant=1) == 0, "the one seen longest ago is forgotten"
