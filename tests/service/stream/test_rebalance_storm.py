"""A rebalance storm: workers join, leave and die faster than the group settles, under load, and the client's ledger
still holds.

Every other COPY lasts longer than it must, so that partitions are taken away while flushes of them are in flight.
"""

import random
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from analytics_hub.pricing.compile import load_price_book
from tests.support.chaos.oracle import judge
from tests.support.chaos.world import World, a_world
from tests.support.stream import WAIT_S, RunningWorker

EVENTS_PER_S = 800
MEMBERS = 3
ROUNDS = 8
ROUND_S_MIN = 1.0
SLOW_COPY = "flush.inside_copy=pause(150)@0.5"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [20261121])
def test_a_storm_of_rebalances_loses_and_repeats_nothing(data_dir: Path, seed: int) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o711)
    chance = random.Random(seed)
    with a_world(data_dir) as world, ExitStack() as stack:
        world.start_load(EVENTS_PER_S, seed)
        members = [_join(world, stack) for _ in range(MEMBERS)]
        draining: list[RunningWorker] = []
        _await_claim(world, 0, members)
        settled = world.watch.epochs()
        for _ in range(ROUNDS):
            claims = world.watch.epochs()
            leaver = members.pop(chance.randrange(MEMBERS))
            members.append(_join(world, stack))
            if chance.random() < 0.7 and leaver.started:
                leaver.process.terminate()  # not waited for: the next change comes while it drains
                draining.append(leaver)
            else:
                leaver.process.kill()
            time.sleep(chance.uniform(0, ROUND_S_MIN))
            _await_claim(world, claims, members)
        report = world.stop_load()
        assert report.refused == 0, report
        world.watch.await_all(WAIT_S)
        moved = world.watch.epochs() - settled
        for member in members:
            assert member.metric("hub_partition_halted") == 0
            member.process.terminate()
        for member in members + draining:
            assert member.process.wait(WAIT_S) == 0, member.said()[-4000:]
        found = judge(world.database.admin_dsn, world.ledger, load_price_book())
    assert found.clean, found
    assert found.acked > 1000
    assert moved >= ROUNDS, "partitions went from hand to hand"


def _join(world: World, stack: ExitStack) -> RunningWorker:
    """Started, not waited for."""
    # A short buffer: whoever leaves in order must have time to store it, on a crowded machine too.
    small = {"HUB_INGEST_BATCH_EVENTS_MAX": "200", "HUB_WORKER_PARTITION_EVENTS_MAX": "600"}
    return stack.enter_context(world.worker(HUB_FAILPOINTS=SLOW_COPY, **small))


def _await_claim(world: World, claims: int, members: list[RunningWorker]) -> None:
    """Until somebody has claimed a partition: a member that came, or one that inherits."""
    ends_s = time.monotonic() + WAIT_S
    while world.watch.epochs() <= claims:
        said = "\n".join(member.said()[-1000:] for member in members)
        assert time.monotonic() < ends_s, f"nobody claims a partition in {WAIT_S} s\n{said}"
        time.sleep(0.05)
