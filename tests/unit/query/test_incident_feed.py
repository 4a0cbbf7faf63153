"""Watched incidents over the in-memory twin: what is told, whom, and what whoever comes back is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import HubError, RateLimited, TryLater
from analytics_hub.domain.incident import Feedback, FindingFilter, Incident, IncidentId
from analytics_hub.domain.incident_live import (
    IncidentsChange,
    IncidentsMessage,
    IncidentsSnapshot,
    IncidentsUpdate,
    IncidentWatch,
)
from analytics_hub.domain.live import LiveBounds
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.finding_memory import MemoryFindings
from analytics_hub.query.incident_feed import IncidentFeeds
from analytics_hub.query.live_places import StreamPlaces
from analytics_hub.query.live_subscription import Subscription
from tests.support.findings import ANN, AT, HOUR, incident, incident_id
from tests.support.live import ending, soon

ACME, OTHER = TenantId(1), TenantId(2)
NOW = AT + 48 * HOUR


class Findings(MemoryFindings):
    """Counts how often it is looked at, and fails while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: Exception | None = None
        self.looks = 0

    async def incidents(
        self, question: FindingFilter, after: tuple[datetime, IncidentId] | None, limit: int
    ) -> Sequence[Incident]:
        self.looks += 1
        if self.fails is not None:
            raise self.fails
        return await super().incidents(question, after, limit)


class World:
    def __init__(self, **bounds: Any) -> None:
        self.findings = Findings()
        self.bounds = replace(LiveBounds(incidents_every_s=0.001), **bounds)
        self.places = StreamPlaces(self.bounds)
        self.feeds = IncidentFeeds(self.findings, FixedClock(NOW), self.places, self.bounds)

    @asynccontextmanager
    async def watching(
        self, tenant: TenantId = ACME, seen: str | None = None
    ) -> AsyncIterator[Subscription[IncidentsUpdate]]:
        async with self.feeds.watch(IncidentWatch(tenant, seen)) as stream:
            yield stream


async def told(stream: Subscription[IncidentsUpdate]) -> IncidentsMessage:
    message = await soon(stream.next())
    assert message is not None
    return message


def turns(message: IncidentsMessage) -> list[tuple[str, int]]:
    assert isinstance(message, IncidentsChange), message
    return [(turn.value, one.incident_id.int) for turn, one in message.turns]


def ids(message: IncidentsMessage) -> list[int]:
    assert isinstance(message, IncidentsSnapshot), message
    return [one.incident_id.int for one in message.incidents]


def test_a_stream_is_what_there_is_and_then_what_becomes_of_it() -> None:
    async def main() -> None:
        world = World()
        world.findings.put_incidents(ACME, [incident(1)])
        async with world.watching() as stream:
            assert ids(await told(stream)) == [1]
            world.findings.put_incidents(ACME, [incident(2, 1), incident(3, 2)])
            assert turns(await told(stream)) == [("new", 2), ("new", 3)]
            world.findings.put_incidents(ACME, [incident(1, lasts=2)])
            assert turns(await told(stream)) == [("changed", 1)]
            world.findings.put_incidents(ACME, [incident(1, lasts=2, ended=True)])
            assert turns(await told(stream)) == [("ended", 1)]
            await world.findings.acknowledge(ACME, incident_id(1), ANN, NOW)
            assert turns(await told(stream)) == [("changed", 1)]
            await world.findings.give_feedback(ACME, incident_id(1), Feedback.NOISE, ANN, NOW)
            assert turns(await told(stream)) == [("changed", 1)]

    asyncio.run(main())


def test_nobody_hears_of_another_tenants_incidents() -> None:
    async def main() -> None:
        world = World()
        async with world.watching() as own, world.watching(OTHER) as others:
            assert ids(await told(own)) == ids(await told(others)) == []
            world.findings.put_incidents(OTHER, [incident(7)])
            assert turns(await told(others)) == [("new", 7)]
            world.findings.put_incidents(ACME, [incident(1)])
            assert turns(await told(own)) == [("new", 1)]

    asyncio.run(main())


def test_whoever_comes_back_is_told_what_has_changed_since() -> None:
    async def main() -> None:
        world = World()
        async with world.watching() as kept:
            first = await told(kept)
            assert isinstance(first, IncidentsSnapshot)
            for number in (1, 2):
                world.findings.put_incidents(ACME, [incident(number)])
                await told(kept)
            async with world.watching(seen=first.state) as back:
                assert turns(await told(back)) == [("new", 1), ("new", 2)]

    asyncio.run(main())


def test_whoever_comes_back_to_what_still_holds_is_told_nothing_again_whichever_process_it_is() -> None:
    async def main() -> None:
        before, after = World(), World()
        for world in (before, after):
            world.findings.put_incidents(ACME, [incident(1)])
        async with before.watching() as stream:
            first = await told(stream)
        assert isinstance(first, IncidentsSnapshot)
        async with after.watching(seen=first.state) as stream:
            after.findings.put_incidents(ACME, [incident(2, 1)])
            assert turns(await told(stream)) == [("new", 2)]

    asyncio.run(main())


@pytest.mark.parametrize("seen", ["", "x", "0" * 32, "ü\ud800", "a" * 100_000])
def test_whoever_names_a_state_that_nobody_knows_is_told_everything(seen: str) -> None:
    async def main() -> None:
        world = World()
        world.findings.put_incidents(ACME, [incident(1)])
        async with world.watching(seen=seen) as stream:
            assert ids(await told(stream)) == [1]

    asyncio.run(main())


def test_all_who_watch_a_tenant_share_its_looks_which_end_with_the_last() -> None:
    async def main() -> None:
        world = World(incidents_every_s=3600)
        async with world.watching() as first, world.watching() as second:
            await told(first)
            await told(second)
            assert world.findings.looks == 1
        async with world.watching():
            assert world.findings.looks == 2

    asyncio.run(main())


def test_a_look_that_fails_at_first_opens_nothing_and_the_next_one_may() -> None:
    async def main() -> None:
        world = World()
        world.findings.fails = TryLater("database_unavailable", "It is away.")
        with pytest.raises(TryLater):
            async with world.watching():
                pass
        world.findings.fails = None
        async with world.watching() as stream:
            assert ids(await told(stream)) == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(TryLater("database_unavailable", "It is away."), "unavailable"), (ValueError("ours"), "failed")],
)
def test_looks_that_go_on_failing_end_the_stream_and_say_why(fault: Exception, reason: str) -> None:
    async def main() -> None:
        world = World(unavailable_s_max=0)
        async with world.watching() as stream:
            await told(stream)
            world.findings.fails = fault
            message = await soon(stream.next())
            assert message is not None
            assert ending(message) == reason  # type: ignore[arg-type]

    asyncio.run(main())


def test_streams_of_incidents_count_as_streams() -> None:
    async def main() -> None:
        world = World(tenant_streams_max=1)
        async with world.watching() as stream:
            with pytest.raises(RateLimited):
                async with world.watching():
                    pass
            await told(stream)
            world.places.stop()
            message = await soon(stream.next())
            assert message is not None
            assert ending(message) == "stopping"  # type: ignore[arg-type]
        with pytest.raises(HubError) as refused:
            async with world.watching():
                pass
        assert refused.value.code == "draining"

    asyncio.run(main())
