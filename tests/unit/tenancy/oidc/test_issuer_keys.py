"""When the issuer is asked for its keys, and what holds while it does not answer."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.settings import OidcSettings
from analytics_hub.tenancy.oidc.documents import KeysByName
from analytics_hub.tenancy.oidc.fetch import FetchFailed
from analytics_hub.tenancy.oidc.issuer_keys import IssuerKeys
from analytics_hub.tenancy.oidc.refusal import TokenRefused
from tests.support.issuer import Issuer


class World:
    """Keys of one issuer: fresh for 100 s, a pause of 10 s, 1,000 s longer while it is away."""

    def __init__(self) -> None:
        self.clock = FixedClock(datetime(2026, 11, 5, tzinfo=UTC))
        self.issuer = Issuer(clock=self.clock)
        self.asked = 0
        self.away = False
        settings = self.issuer.settings(keys_fresh_s=100, keys_pause_s=10, keys_stale_s=1_000)
        self.keys = IssuerKeys(settings, self.clock, self._published)

    async def _published(self, settings: OidcSettings) -> KeysByName:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise FetchFailed("away")
        return await self.issuer.published(settings)

    def find(self, kid: str = "es-1") -> None:
        asyncio.run(self._find_and_settle(kid))

    async def _find_and_settle(self, kid: str) -> None:
        """Waits for a fetch beside it too."""
        try:
            await self.keys.key(kid, "ES256")
        finally:
            beside = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*beside)

    def after(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


def test_keys_are_fetched_at_the_first_token_and_kept() -> None:
    world = World()
    for _ in range(3):
        world.find()
    assert world.asked == 1


def test_from_half_of_their_time_on_keys_are_fetched_beside_and_nobody_waits() -> None:
    world = World()
    world.find()
    world.after(51)
    world.find()
    assert world.asked == 2
    world.after(51)
    world.find()
    assert world.asked == 3


def test_a_new_key_is_found_when_a_token_names_it() -> None:
    world = World()
    world.find()
    world.issuer.rotate("es-2")
    world.after(10)
    world.find("es-2")
    assert world.asked == 2


def test_strangers_with_unknown_keys_make_nobody_ask_more_than_once_a_pause() -> None:
    world = World()
    world.find()
    for number in range(20):
        world.after(1)
        with pytest.raises(TokenRefused, match="unknown key"):
            world.find(f"unknown-{number}")
    assert world.asked == 3


def test_a_key_that_the_issuer_took_back_ends_with_its_time() -> None:
    world = World()
    world.find()
    world.issuer.rotate("es-2")
    world.issuer.retire(world.issuer.keys[-2])
    world.after(49)
    world.find()
    world.after(52)
    with pytest.raises(TokenRefused, match="unknown key"):
        world.find()


def test_while_the_issuer_is_away_known_keys_hold_for_a_bounded_time_and_new_ones_wait() -> None:
    world = World()
    world.find()
    world.away = True
    world.after(60)
    world.find()
    for _ in range(10):
        world.after(100)
        world.find()
        with pytest.raises(TryLater, match="issuer_unavailable"):
            world.find("es-2")
    world.after(41)
    with pytest.raises(TryLater, match="issuer_unavailable"):
        world.find()


def test_an_issuer_that_comes_back_is_believed_again_after_the_pause() -> None:
    world = World()
    world.away = True
    with pytest.raises(TryLater):
        world.find()
    world.away = False
    with pytest.raises(TryLater):
        world.find()
    assert world.asked == 1
    world.after(10)
    world.find()


def test_nobody_waits_for_an_issuer_that_is_away_when_the_key_is_known() -> None:
    world = World()
    world.find()
    world.away = True
    world.after(99)
    world.find()
    world.after(2)

    async def at_once() -> None:
        found = asyncio.ensure_future(world.keys.key("es-1", "ES256"))
        await asyncio.sleep(0)
        assert found.done()

    asyncio.run(at_once())


def test_tokens_that_come_together_share_one_fetch() -> None:
    world = World()

    async def main() -> None:
        await asyncio.gather(*[world.keys.key("es-1", "ES256") for _ in range(20)])

    asyncio.run(main())
    assert world.asked == 1


def test_a_caller_who_gives_up_takes_the_fetch_from_nobody() -> None:
    world = World()

    async def main() -> None:
        first = asyncio.ensure_future(world.keys.key("es-1", "ES256"))
        second = asyncio.ensure_future(world.keys.key("es-1", "ES256"))
        await asyncio.sleep(0)
        first.cancel()
        await second

    asyncio.run(main())
    assert world.asked == 1
