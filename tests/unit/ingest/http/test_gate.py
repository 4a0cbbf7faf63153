"""Whether a process takes bodies, and the clean end of that."""

import asyncio

import pytest

from analytics_hub.domain.errors import TryLater
from ingest.http.gate import Gate


def test_a_gate_is_ready_until_it_says_otherwise_and_still_lets_in_until_it_is_shut() -> None:
    gate = Gate()
    gate.check_ready()
    gate.say_not_ready()
    with pytest.raises(TryLater, match="draining"):
        gate.check_ready()
    with gate:
        pass
    gate.shut()
    with pytest.raises(TryLater, match="draining"), gate:
        pass


def test_the_end_waits_for_those_inside_whatever_becomes_of_them() -> None:
    async def main() -> None:
        gate, leave = Gate(), asyncio.Event()

        async def inside(*, fails: bool) -> None:
            with gate:
                await leave.wait()
                if fails:
                    raise TryLater("busy", "No.")

        inside_now = [asyncio.create_task(inside(fails=fails)) for fails in (False, True)]
        await asyncio.sleep(0)
        gate.shut()
        waiting = asyncio.create_task(gate.empty())
        await asyncio.sleep(0)
        assert not waiting.done()
        leave.set()
        await asyncio.gather(*inside_now, return_exceptions=True)
        await waiting

    asyncio.run(main())


def test_who_is_refused_at_the_gate_is_not_waited_for() -> None:
    async def main() -> None:
        gate = Gate()
        gate.shut()
        with pytest.raises(TryLater), gate:
            pass
        await gate.empty()

    asyncio.run(main())
