"""The ways to die: by failpoint between two steps, with the database, with the broker, frozen and woken too late.

In: a world under load, how often, a seed. Out: the world alive again after each, and what was counted on the way.
Everything that was in the log at a death must be in the database before the next one of the same kind is planned.
"""

import random
import signal
import subprocess
import time
from dataclasses import dataclass
from itertools import cycle, islice

import psycopg

from ingest.failpoint import COLLECTOR_STEPS, FLUSH_STEPS
from tests.support.chaos.world import World
from tests.support.stream import RunningWorker, wait_for

STEPS = (
    *FLUSH_STEPS,
    "worker.after_claim",
    "worker.after_assign",
    "worker.after_poll",
    "worker.after_decode",
    "worker.before_flush",
    "worker.after_flush",
)
"""Where a running worker passes again and again; `worker.after_kafka_commit` is passed when it is stopped."""

DIES_S = 180.0
BACK_S = 240.0
FENCED_S = 15.0
_SKIPS = {"worker.after_claim": (0, 2), "worker.after_assign": (0, 0)}
"""How many passes to let by first, at least and at most: these two are passed when a worker begins."""
_SKIPS_ELSE = (4, 12)
_IN_COPY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name LIKE 'hub-ingest:%' AND state = 'active' AND query LIKE 'COPY %'
      AND wait_event = 'ClientRead' AND query_start < clock_timestamp() - interval '200 ms'
"""


@dataclass(slots=True)
class Deaths:
    """How often what died."""

    failpoint_deaths: int = 0
    """Of workers."""
    collector_deaths: int = 0
    """Of the collector, by failpoint."""
    postgres_kills: int = 0
    broker_kills: int = 0
    zombies: int = 0
    zombies_in_copy: int = 0
    fenced: int = 0
    """Flushes of woken zombies that the fence refused."""


def die_at_failpoints(world: World, deaths: Deaths, times: int, seed: int) -> None:
    """One worker after the other; each dies at another step, after a few flushes of its own."""
    chance = random.Random(seed)
    first = chance.randrange(len(STEPS))
    for step in islice(cycle(STEPS[first:] + STEPS[:first]), times):
        skip = chance.randint(*_SKIPS.get(step, _SKIPS_ELSE))
        with world.worker(HUB_FAILPOINTS=f"{step}=crash+{skip}") as worker:
            status = _status(worker)
            assert status == -signal.SIGKILL, f"at {step}: ended with {status}\n{worker.said()[-4000:]}"
        world.watch.died()
        deaths.failpoint_deaths += 1
    with world.worker():
        world.watch.await_all(BACK_S)


def die_at_the_edge(world: World, deaths: Deaths, times: int, seed: int) -> None:
    """The collector dies between taking a body and answering; the client sends the same events again."""
    chance = random.Random(seed)
    with world.worker() as worker:
        _await_ready(world, worker)
        for step in islice(cycle(COLLECTOR_STEPS), times):
            world.edge.kill()
            world.edge.start(f"{step}=crash+{chance.randint(5, 100)}")
            world.edge.await_death()
            deaths.collector_deaths += 1
        world.edge.start()
        world.watch.await_all(BACK_S)


def kill_postgres(world: World, deaths: Deaths, times: int, seed: int) -> None:
    """Under a worker that goes on living: at a random moment of its flushes."""
    chance = random.Random(seed)
    with world.worker() as worker:
        _await_ready(world, worker)
        for _ in range(times):
            time.sleep(chance.uniform(0.05, 0.5))
            world.kill_postgres()
            killed_s = time.monotonic()
            world.start_postgres()
            back = world.watch.died(killed_s)
            deaths.postgres_kills += 1
            assert back.wait(BACK_S), f"not itself again after a kill of PostgreSQL\n{worker.said()[-4000:]}"


def kill_broker(world: World, deaths: Deaths, times: int, seed: int) -> None:
    """Under a worker and a load that go on living."""
    chance = random.Random(seed)
    with world.worker() as worker:
        _await_ready(world, worker)
        for _ in range(times):
            time.sleep(chance.uniform(0.05, 1.0))
            world.broker.kill()
            killed_s = time.monotonic()
            world.broker.start()
            _await_load(world)  # its clients must have found it again, too
            back = world.watch.died(killed_s)
            deaths.broker_kills += 1
            assert back.wait(BACK_S), f"not itself again after a kill of the broker\n{worker.said()[-4000:]}"


def wake_zombies(world: World, deaths: Deaths, times: int, seed: int) -> None:
    """Two workers; one freezes, the other takes over, the first wakes and goes on where it was."""
    chance = random.Random(seed)
    with world.worker() as heir:
        _await_ready(world, heir)
        for number in range(times):
            in_copy = number % 2 == 0
            # A few pauses only: one that goes on pausing falls behind the load, and nothing would ever be consumed.
            planted = f"flush.inside_copy=pause(1500)+{chance.randrange(2, 6)}*4" if in_copy else ""
            with world.worker(HUB_FAILPOINTS=planted) as victim:
                if in_copy:
                    _await_copy(world, victim)
                else:
                    _await_ready(world, victim)
                    time.sleep(chance.uniform(0.05, 0.5))
                victim.freeze()
                deaths.zombies += 1
                deaths.zombies_in_copy += in_copy
                back = world.watch.died()
                assert back.wait(BACK_S), f"nobody took over\n{heir.said()[-4000:]}"
                victim.thaw()
                world.watch.await_all(BACK_S)
                deaths.fenced += _fenced(victim)


def _await_load(world: World) -> None:
    """Until the client's events come through the collector into the log again."""
    before, ends_s = sum(world.watch.ends().values()), time.monotonic() + BACK_S
    while sum(world.watch.ends().values()) == before:
        assert time.monotonic() < ends_s, f"no load after {BACK_S} s\n{world.edge.said()}"
        time.sleep(0.05)


def _await_ready(world: World, worker: RunningWorker) -> None:
    """Until it has its partitions and has come to the end of what is there."""
    wait_for(lambda: worker.ready()[0], worker, "ready worker")
    world.watch.await_all(BACK_S)


def _status(worker: RunningWorker) -> int | None:
    """Its exit status; None when it lives on."""
    try:
        return worker.process.wait(DIES_S)
    except subprocess.TimeoutExpired:
        return None


def _await_copy(world: World, victim: RunningWorker) -> None:
    """Until a session of a flush waits inside COPY for bytes that its worker does not send."""
    ends_s = time.monotonic() + DIES_S
    with psycopg.connect(world.database.admin_dsn, autocommit=True) as conn:
        while time.monotonic() < ends_s:
            row = conn.execute(_IN_COPY).fetchone()
            if row is not None and row[0]:
                return
            time.sleep(0.02)
    raise AssertionError(f"no flush was seen inside COPY\n{victim.said()[-4000:]}")


def _fenced(victim: RunningWorker) -> int:
    """Asked a little later: the woken flush needs a moment to learn that it is refused."""
    ends_s = time.monotonic() + FENCED_S
    while (fenced := int(victim.metric("hub_flush_fenced_total"))) == 0 and time.monotonic() < ends_s:
        time.sleep(0.1)
    return fenced
