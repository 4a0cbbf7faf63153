"""Live usage over the in-memory twins: what watchers are told, and who shares what."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from analytics_hub.domain.errors import InvalidInput, RateLimited, TryLater
from analytics_hub.domain.live import LiveChange, LiveSnapshot
from tests.support.live import (
    ACME,
    MINUTE,
    OTHER,
    QUICK,
    WAIT_S,
    LiveWorld,
    ending,
    events,
    question,
)


def watching(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Runs it in an event loop, with a deadline on the whole."""

    def run() -> None:
        async def main() -> None:
            async with asyncio.timeout(WAIT_S):
                await test()

        asyncio.run(main())

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


@watching
async def test_a_watcher_is_told_what_there_is_and_then_what_changes() -> None:
    world = LiveWorld()
    world.add(events=3, minutes_ago=2)
    async with world.service.watch(question()) as stream:
        assert events(await world.told(stream)) == {("", 2): 3}
        world.commit(events=5)
        assert events(await world.told(stream)) == {("", 0): 5}
        world.commit(events=1, minutes_ago=2)
        assert events(await world.told(stream)) == {("", 2): 4}


@watching
async def test_a_change_carries_the_total_of_the_whole_window() -> None:
    world = LiveWorld()
    world.add(events=3, minutes_ago=2)
    async with world.service.watch(question()) as stream:
        await world.told(stream)
        world.commit(events=5)
        change = await world.told(stream)
        assert isinstance(change, LiveChange)
        assert change.total["events"] == 8
        assert change.coverage.events == 8
        assert (change.start, change.end) == (MINUTE - timedelta(minutes=14), MINUTE + timedelta(minutes=1))


@watching
async def test_a_change_that_the_question_does_not_see_is_not_told() -> None:
    world = LiveWorld()
    world.add(model="a")
    async with world.service.watch(question(filters={"model": ["a"]})) as stream:
        await world.told(stream)
        world.commit(model="b")
        while len(world.asked) < 2 or world.asking:
            await asyncio.sleep(0)
        world.commit(model="a")
        assert events(await world.told(stream)) == {("", 0): 2}


@watching
async def test_a_group_that_loses_its_place_gives_its_minutes_back() -> None:
    world = LiveWorld()
    world.add(model="a", events=2)
    world.add(model="b", events=1)
    async with world.service.watch(question(group_by=["model"], limit=1)) as stream:
        assert events(await world.told(stream)) == {("a", 0): 2, ("other", 0): 1}
        world.commit(model="b", events=9)
        assert events(await world.told(stream)) == {("a", 0): None, ("b", 0): 10, ("other", 0): 2}


@watching
async def test_equal_questions_of_one_tenant_are_asked_once() -> None:
    world = LiveWorld()
    one, same = question(filters={"model": ["a", "b"]}), question(filters={"model": ["b", "a"]})
    async with world.service.watch(one) as first, world.service.watch(same) as second:
        assert isinstance(await world.told(first), LiveSnapshot)
        assert isinstance(await world.told(second), LiveSnapshot)
        assert len(world.asked) == 1
        world.commit()
        assert await world.told(first) is await world.told(second)


@watching
async def test_equal_questions_of_two_tenants_share_nothing() -> None:
    world = LiveWorld()
    world.add(ACME, events=3)
    world.add(OTHER, events=50)
    async with world.service.watch(question(ACME)) as own, world.service.watch(question(OTHER)) as others:
        assert events(await world.told(own)) == {("", 0): 3}
        assert events(await world.told(others)) == {("", 0): 50}
        world.commit(OTHER)
        assert events(await world.told(others)) == {("", 0): 51}
        world.commit(ACME)
        assert events(await world.told(own)) == {("", 0): 4}
        assert [query.tenant for query in world.asked] == [ACME, OTHER, OTHER, ACME]


@watching
async def test_notices_that_come_while_it_is_asked_are_one_more_ask() -> None:
    world = LiveWorld()
    async with world.service.watch(question()) as stream:
        await world.told(stream)
        world.may_answer.clear()
        world.commit()
        while not world.asking:
            await asyncio.sleep(0)
        for _ in range(50):
            world.commit()
        world.may_answer.set()
        while events(await world.told(stream)) != {("", 0): 51}:
            pass
        assert len(world.asked) <= 3


@watching
async def test_a_reader_that_does_not_read_is_dropped_and_no_other_notices() -> None:
    world = LiveWorld(replace(QUICK, queue_messages_max=3))
    async with world.service.watch(question()) as slow, world.service.watch(question()) as quick:
        await world.told(quick)
        for number in range(1, 8):
            world.commit()
            assert events(await world.told(quick)) == {("", 0): number}
        assert slow.ended.is_set()
        assert ending(await world.told(slow)) == "slow_reader"
        assert await slow.next() is None


@watching
async def test_the_feed_ends_with_its_last_watcher() -> None:
    world = LiveWorld()
    async with world.service.watch(question()):
        async with world.service.watch(question()):
            pass
        while not world.changes.followers(ACME):
            await asyncio.sleep(0)
    while world.changes.followers(ACME):
        await asyncio.sleep(0)
    asked = len(world.asked)
    world.commit()
    async with world.service.watch(question(OTHER)) as stream:
        await world.told(stream)
    assert len(world.asked) == asked + 1


@watching
async def test_what_no_notice_told_is_found_by_looking() -> None:
    world = LiveWorld(replace(QUICK, look_every_s=0.01))
    async with world.service.watch(question()) as stream:
        await world.told(stream)
        world.add(events=4)
        assert events(await world.told(stream)) == {("", 0): 4}


@watching
async def test_the_window_moves_with_the_minutes() -> None:
    world = LiveWorld(replace(QUICK, look_every_s=0.01))
    world.add(events=4, minutes_ago=14)
    async with world.service.watch(question()) as stream:
        assert events(await world.told(stream)) == {("", 14): 4}
        world.clock.advance(timedelta(minutes=1))
        change = await world.told(stream)
        assert isinstance(change, LiveChange)
        assert (change.start, change.series, change.total["events"]) == (
            MINUTE - timedelta(minutes=13),
            (),
            0,
        )


@watching
async def test_a_question_that_cannot_be_answered_opens_no_stream() -> None:
    world = LiveWorld()
    with pytest.raises(InvalidInput, match="undeclared_tag"):
        async with world.service.watch(question(group_by=["tag.nowhere"])):
            pass
    while world.changes.followers(ACME):
        await asyncio.sleep(0)


@watching
async def test_a_passing_fault_is_waited_out() -> None:
    world = LiveWorld()
    async with world.service.watch(question()) as stream:
        await world.told(stream)
        world.fails = TryLater("database_unavailable", "away")
        world.commit()
        while len(world.asked) < 3:
            await asyncio.sleep(0)
        world.fails = None
        assert events(await world.told(stream)) == {("", 0): 1}


@watching
async def test_a_fault_that_lasts_ends_the_stream_and_the_next_watcher_begins_anew() -> None:
    world = LiveWorld(replace(QUICK, unavailable_s_max=0.01))
    async with world.service.watch(question()) as stream:
        await world.told(stream)
        world.fails = TryLater("database_unavailable", "away")
        world.commit()
        assert ending(await world.told(stream)) == "unavailable"
        world.fails = None
        async with world.service.watch(question()) as again:
            assert events(await world.told(again)) == {("", 0): 1}


@watching
async def test_a_fault_of_ours_ends_the_stream_without_its_text() -> None:
    world = LiveWorld()
    async with world.service.watch(question()) as stream:
        await world.told(stream)
        del world.stores[ACME]
        world.changes.changed(ACME)
        assert ending(await world.told(stream)) == "failed"


@watching
async def test_a_tenant_has_a_bounded_number_of_streams_and_others_have_their_own() -> None:
    world = LiveWorld(replace(QUICK, tenant_streams_max=1))
    async with world.service.watch(question()):
        with pytest.raises(RateLimited, match="too_many_streams"):
            async with world.service.watch(question(minutes=5)):
                pass
        async with world.service.watch(question(OTHER)):
            pass
    async with world.service.watch(question()):
        pass


@watching
async def test_a_process_has_a_bounded_number_of_streams() -> None:
    world = LiveWorld(replace(QUICK, streams_max=1))
    async with world.service.watch(question()):
        with pytest.raises(TryLater, match="streams_full"):
            async with world.service.watch(question(OTHER)):
                pass


@watching
async def test_a_stop_ends_every_stream_and_lets_none_begin() -> None:
    world = LiveWorld()
    async with world.service.watch(question()) as stream:
        await world.told(stream)
        world.service.stop()
        assert ending(await world.told(stream)) == "stopping"
        with pytest.raises(TryLater, match="draining"):
            async with world.service.watch(question(OTHER)):
                pass
