"""The live stream over the in-memory twins: who gets it, what it says, and who loses it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from analytics_hub.api.live import live_messages, open_stream
from analytics_hub.api.rest.event_stream import EventStream
from analytics_hub.api.rest.live_wire import event_of
from analytics_hub.api.services import Services
from analytics_hub.domain.access import Actor, ActorKind, Right
from analytics_hub.domain.errors import Broken, HubError, NotAuthenticated, TryLater
from analytics_hub.domain.live import EndReason, LiveEnd
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.live_subscription import LiveSubscription
from analytics_hub.settings import LiveSettings
from analytics_hub.tenancy.authenticate import Caller
from tests.support.api_world import World
from tests.support.live import ACME, NOW, OTHER, LiveWorld, ending, question, soon
from tests.support.metrics import Counted

QUICK = LiveSettings.model_construct(check_every_s=0.001)


@dataclass
class Door:
    """Says who somebody is as the test wants it."""

    tenant: TenantId = ACME
    rights: frozenset[Right] = frozenset({Right.VIEW})
    expires_in: timedelta | None = None
    error: HubError | None = None
    asked: int = 0

    async def caller(self, text: str) -> Caller:
        assert text == "secret"
        self.asked += 1
        if self.error is not None:
            raise self.error
        expires_at = None if self.expires_in is None else NOW + self.expires_in
        return Caller(self.tenant, "acme", Actor(ActorKind.KEY, "k"), self.rights, expires_at)


@asynccontextmanager
async def opened(door: Door, settings: LiveSettings = QUICK) -> AsyncIterator[LiveSubscription]:
    services = _services(LiveWorld(), door, settings)
    caller = await door.caller("secret")
    async with open_stream(services, caller, "secret", question()) as stream:
        assert not isinstance(await soon(stream.next()), LiveEnd)
        yield stream


def _services(live: LiveWorld, door: Door, settings: LiveSettings = QUICK) -> Services:
    return replace(
        World().services, live=live.service, authenticator=door, streams=settings, clock=live.clock
    )


async def end_of(stream: LiveSubscription) -> str:
    message = await soon(stream.next())
    assert message is not None
    return ending(message)


def test_a_credential_that_holds_is_asked_about_again_and_again() -> None:
    async def main() -> None:
        door = Door()
        async with opened(door) as stream:
            while door.asked < 5:
                await asyncio.sleep(0.001)
            assert not stream.ended.is_set()

    asyncio.run(main())


@pytest.mark.parametrize(
    "change",
    [
        {"error": NotAuthenticated("key_revoked", "revoked")},
        {"rights": frozenset({Right.SEND})},
        {"tenant": OTHER},
    ],
    ids=["revoked", "without the right", "other_tenant"],
)
def test_a_credential_that_does_not_hold_any_more_ends_the_stream(change: dict[str, Any]) -> None:
    async def main() -> None:
        door = Door()
        async with opened(door) as stream:
            for name, value in change.items():
                setattr(door, name, value)
            assert await end_of(stream) == "key_revoked"

    asyncio.run(main())


def test_a_credential_whose_time_is_over_ends_the_stream() -> None:
    async def main() -> None:
        live, door = LiveWorld(), Door(expires_in=timedelta(hours=1))
        caller = await door.caller("secret")
        async with open_stream(_services(live, door), caller, "secret", question()) as stream:
            await soon(stream.next())
            assert not stream.ended.is_set()
            live.clock.advance(timedelta(hours=2))
            assert await end_of(stream) == "expired"

    asyncio.run(main())


def test_a_doubt_about_the_credential_is_borne_for_a_while() -> None:
    async def main() -> None:
        door = Door()
        settings = LiveSettings.model_construct(check_every_s=0.001, unchecked_s_max=0.05)
        async with opened(door, settings) as stream:
            door.error = TryLater("database_unavailable", "away")
            asked = door.asked
            assert await end_of(stream) == "unavailable"
            assert door.asked > asked + 1

    asyncio.run(main())


def test_a_stream_lives_for_a_bounded_time() -> None:
    async def main() -> None:
        async with opened(Door(), LiveSettings.model_construct(stream_s_max=0.001)) as stream:
            assert await end_of(stream) == "too_long"

    asyncio.run(main())


def test_a_stream_in_the_name_of_another_tenant_is_not_opened() -> None:
    async def main() -> None:
        door = Door(tenant=OTHER)
        caller = await door.caller("secret")
        with pytest.raises(Broken, match="foreign_question"):
            async for _ in live_messages(_services(LiveWorld(), door), caller, "secret", question(ACME)):
                pass

    asyncio.run(main())


class Client:
    """One request to an `EventStream`, fed by the test. While `reads` is clear it takes nothing."""

    def __init__(self, **settings: Any) -> None:
        self.stream = LiveSubscription(4)
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        self.reads = asyncio.Event()
        self.reads.set()
        self._goes = asyncio.Event()
        self._settings = LiveSettings.model_construct(**settings)

    def begin(self, **state: Any) -> "asyncio.Task[None]":
        answer = EventStream(self._opened, event_of, self._settings)
        return asyncio.create_task(answer({"type": "http", "state": state}, self.receive, self.send))

    def go(self) -> None:
        self._goes.set()

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[LiveSubscription]:
        try:
            yield self.stream
        finally:
            self.closed = True

    async def receive(self) -> dict[str, Any]:
        await self._goes.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.sent.append(message)


def test_messages_are_events_and_the_end_is_the_last_one() -> None:
    async def main() -> None:
        client = Client(retry_ms=500)
        client.stream.end(EndReason.STOPPING, "bye")
        await _wait(client.begin())
        assert client.text == 'retry: 500\n\nevent: end\ndata: {"reason":"stopping","detail":"bye"}\n\n'
        assert client.sent[-1].get("more_body", False) is False
        assert client.closed

    asyncio.run(main())


def test_a_stream_without_news_is_kept_alive_by_comments() -> None:
    async def main() -> None:
        client = Client(keep_alive_s=0.001)
        task = client.begin()
        while ":\n\n:\n\n" not in client.text:
            await asyncio.sleep(0.001)
        client.go()
        await _wait(task)

    asyncio.run(main())


def test_a_client_that_goes_ends_the_stream() -> None:
    async def main() -> None:
        client = Client()
        task = client.begin()
        client.go()
        await _wait(task)
        assert client.closed

    asyncio.run(main())


def test_a_client_that_takes_nothing_loses_the_stream() -> None:
    async def main() -> None:
        client = Client(write_s_max=0.001)
        task = client.begin()
        while not client.sent:
            await asyncio.sleep(0)
        client.reads.clear()
        client.stream.offer(LiveEnd(EndReason.FAILED))
        await _wait(task)
        assert client.closed
        assert client.stream.ended.is_set()

    asyncio.run(main())


def test_a_client_that_does_not_take_the_end_is_not_waited_for() -> None:
    async def main() -> None:
        client = Client(end_s_max=0.001)
        task = client.begin()
        while not client.sent:
            await asyncio.sleep(0)
        client.reads.clear()
        for _ in range(6):
            client.stream.offer(LiveEnd(EndReason.FAILED))
        await _wait(task)
        assert client.closed

    asyncio.run(main())


def test_a_head_request_gets_the_headers_and_ends() -> None:
    async def main() -> None:
        client = Client()
        await _wait(client.begin(head=True))
        assert client.text == ""
        assert dict(client.sent[0]["headers"])[b"content-type"] == b"text/event-stream; charset=utf-8"
        assert client.closed

    asyncio.run(main())


@pytest.mark.parametrize(
    ("params", "code", "where"),
    [
        ({"minutes": "61"}, "bad_minutes", "minutes"),
        ({"minutes": "many"}, "bad_parameter", "minutes"),
        ({"interval": "1m"}, "unknown_parameter", "interval"),
        ({"metrics": "moon"}, "unknown_metric", "metrics"),
        ({"group_by": "tag.nowhere"}, "undeclared_tag", "group_by"),
        ({"top": "0"}, "bad_limit", "limit"),
    ],
)
def test_what_cannot_be_watched_is_refused_before_the_stream(
    params: dict[str, str], code: str, where: str
) -> None:
    world = World()
    answer = world.get("/v1/live", world.query_key, params)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, where)


def test_a_stream_is_timed_until_it_begins() -> None:
    async def main() -> float:
        world, counted, client = World(), Counted(), Client()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/v1/live",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {world.query_key}".encode())],
        }
        async with world.app.router.lifespan_context(world.app):
            task = asyncio.create_task(world.app(scope, client.receive, client.send))
            while "event: snapshot" not in client.text:
                await asyncio.sleep(0.001)
            world.clock.advance(timedelta(hours=1))
            client.go()
            await _wait(task)
        assert counted.since("hub_http_seconds_count", route="/v1/live") == 1
        return counted.since("hub_http_seconds_sum", route="/v1/live")

    assert asyncio.run(main()) < 3600


def test_who_takes_no_stream_of_events_is_told_so() -> None:
    world = World()
    answer = world.get("/v1/live", world.query_key, headers={"Accept": "application/json"})
    assert (answer.status, answer.body["code"]) == (406, "not_acceptable")


def test_a_stream_needs_a_key_that_may_view() -> None:
    world = World()
    assert world.get("/v1/live").status == 401
    assert world.get("/v1/live", world.ingest_key).status == 403


async def _wait(task: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(120):
        await task
