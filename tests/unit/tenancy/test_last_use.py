"""The last use of keys: seldom, bounded, several at once, and nobody's request fails by it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.tenancy.authenticate import Authenticator
from analytics_hub.tenancy.issue import issue_key
from analytics_hub.tenancy.last_use import LastUse
from analytics_hub.tenancy.memory import MemoryAccessStore, MemoryKeyStore, MemoryTenants

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
KEYS = [UUID(int=number) for number in range(1_200)]


class Desk:
    """Writes down what it is told, or fails, or waits for a sign."""

    def __init__(self, *, keys_max: int = 10_000, wait_s: float = 60, error: Exception | None = None) -> None:
        self.batches: list[list[UUID]] = []
        self.error = error
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.clock = FixedClock(NOW)
        self.uses = LastUse(self.touch, self.clock, every_s=60, wait_s=wait_s, keys_max=keys_max)

    async def touch(self, keys: Sequence[UUID]) -> None:
        self.batches.append(list(keys))
        await self.go_on.wait()
        if self.error is not None:
            raise self.error

    def note(self, *keys: UUID) -> None:
        for key in keys:
            self.uses.note(key)


def test_a_key_is_written_once_a_minute() -> None:
    async def main() -> None:
        desk = Desk()
        desk.note(KEYS[0], KEYS[0])
        await desk.uses.written()
        desk.clock.advance(timedelta(seconds=59))
        desk.note(KEYS[0])
        await desk.uses.written()
        assert desk.batches == [[KEYS[0]]]
        desk.clock.advance(timedelta(seconds=1))
        desk.note(KEYS[0])
        await desk.uses.written()
        assert desk.batches == [[KEYS[0]]] * 2

    asyncio.run(main())


def test_keys_used_during_a_write_are_written_together_after_it() -> None:
    async def main() -> None:
        desk = Desk()
        desk.go_on.clear()
        desk.note(KEYS[0])
        while not desk.batches:
            await asyncio.sleep(0)
        desk.note(*KEYS[1:4])
        desk.go_on.set()
        await desk.uses.written()
        assert desk.batches == [[KEYS[0]], KEYS[1:4]]

    asyncio.run(main())


def test_a_long_list_is_written_in_parts() -> None:
    async def main() -> None:
        desk = Desk()
        desk.note(*KEYS)
        await desk.uses.written()
        assert [len(batch) for batch in desk.batches] == [500, 500, 200]
        assert [key for batch in desk.batches for key in batch] == KEYS

    asyncio.run(main())


def test_more_keys_than_are_remembered_wait_for_their_next_use() -> None:
    async def main() -> None:
        desk = Desk(keys_max=3)
        desk.note(*KEYS[:5])
        await desk.uses.written()
        desk.note(*KEYS[:5])
        await desk.uses.written()
        assert desk.batches == [KEYS[:3], KEYS[3:5]]

    asyncio.run(main())


@pytest.mark.parametrize(
    "error", [TryLater("busy", "All in use."), Broken("database_error", "No."), TimeoutError()]
)
def test_a_use_that_cannot_be_written_is_left_out(error: Exception) -> None:
    async def main() -> None:
        desk = Desk(error=error)
        desk.note(KEYS[0])
        await desk.uses.written()
        desk.note(KEYS[0])
        await desk.uses.written()
        desk.error = None
        desk.clock.advance(timedelta(minutes=1))
        desk.note(KEYS[0])
        await desk.uses.written()
        assert len(desk.batches) == 2

    asyncio.run(main())


def test_whoever_ends_waits_for_what_is_being_written() -> None:
    async def main() -> None:
        desk = Desk()
        desk.note(KEYS[0])
        await desk.uses.close()
        await desk.uses.close()
        assert desk.batches == [[KEYS[0]]]

    asyncio.run(main())


def test_a_database_that_does_not_answer_holds_nobody_up() -> None:
    async def main() -> None:
        desk = Desk(wait_s=0.01)
        desk.go_on.clear()
        desk.note(*KEYS)
        await asyncio.wait_for(desk.uses.close(), 60)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_only_a_key_that_was_let_in_counts_as_used() -> None:
    async def main() -> None:
        tenants = MemoryTenants(NOW)
        tenant = tenants.create(NewTenant("acme")).tenant_id
        good = issue_key(tenants, tenant, [Scope.QUERY])
        ended = issue_key(tenants, tenant, [Scope.QUERY], expires_at=NOW)
        store, clock = MemoryKeyStore(tenants), FixedClock(NOW)
        uses = LastUse(store.touch, clock, every_s=60, wait_s=60, keys_max=10)
        keys = Authenticator(store, clock, cache_s=5, cache_max=10, used=uses.note)
        await keys.caller(good.text)
        with pytest.raises(Exception, match="key_expired"):
            await keys.caller(ended.text)
        await uses.written()
        listed = await MemoryAccessStore(tenants).keys(tenant, None, 10)
        assert {key.prefix: key.last_used_at for key in listed} == {good.prefix: NOW, ended.prefix: None}

    asyncio.run(main())
