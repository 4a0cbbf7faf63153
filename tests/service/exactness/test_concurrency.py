"""Answers are exact in every snapshot while two writers, two closers and readers are at work at the same
time.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from random import Random

import pytest

from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.storage.closer import close_due
from analytics_hub.storage.connections import connect
from tests.support.database import Database
from tests.support.exactness import both_now, usage_by
from tests.support.ingest import NOW, PostgresStored, event, prepared

FLUSHES_A_WRITER = 30
QUESTIONS = 25
FIRST = NOW - timedelta(days=3)
_JOIN_S = 300


def some_lines(random: Random) -> list[bytes]:
    """Twenty events over three days, some of them sent before."""
    lines = []
    for _ in range(20):
        number, minute = random.randrange(300), random.randrange(3 * 24 * 60)
        moment = FIRST + timedelta(minutes=minute)
        lines.append(event(number, id=f"{number}-{minute}", time=moment.isoformat()))
    return lines


@pytest.mark.timeout(900)
def test_every_snapshot_is_exact_while_writers_and_closers_work(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    failures: list[BaseException] = []
    done = threading.Event()

    def guarded(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
                failures.append(error)
                done.set()

        return run

    def write(seed: int) -> None:
        random, sink = Random(seed), stored.another()
        for _ in range(FLUSHES_A_WRITER):
            sink.flush(prepared(some_lines(random), stored.tenant_id))

    def close(seed: int) -> None:
        random = Random(seed)
        with connect(each_db.maint_dsn, "closer") as connection:
            while not done.wait(0.01):
                close_due(connection, FIRST + timedelta(minutes=random.randrange(4 * 24 * 60)))

    writers = [threading.Thread(target=guarded(partial(write, seed))) for seed in (1, 2)]
    closers = [threading.Thread(target=guarded(partial(close, seed))) for seed in (3, 4)]
    with ExitStack() as stack:
        stack.callback(stored.close)
        for thread in (*closers, *writers):
            thread.start()
            stack.callback(thread.join, _JOIN_S)
        stack.callback(done.set)
        levels = ask_while(each_db, stored.tenant_id, lambda: any(writer.is_alive() for writer in writers))
    assert not failures
    assert levels >= {"usage_1m", "usage_1h", "usage_1h_facet"}
    planned, events, _ = both_now(each_db.reader_dsn, whole(stored.tenant_id))
    assert planned == events
    assert sum(sums[0] for sums in events.values()) == stored.ledger().stored > 0


def ask_while(db: Database, tenant: int, working: Callable[[], bool]) -> set[str]:
    """Questions as long as writers work, and at least so many; every answer exact. Gives the levels that
    were read.
    """
    random, levels, asked = Random(5), set[str](), 0
    while working() or asked < QUESTIONS:
        planned, events, how = both_now(db.reader_dsn, whole(tenant, random))
        assert planned == events
        levels |= {str(read.level) for read in how.reads if read.spans}
        asked += 1
    return levels


def whole(tenant: int, random: Random | None = None) -> UsageQuery:
    """All three days, by a drawn interval."""
    interval = random.choice([Interval.NONE, Interval.HOUR, Interval.DAY]) if random else Interval.DAY
    start: datetime = FIRST if random is None else FIRST + timedelta(minutes=random.randrange(600))
    cut = random.choice([(), ("project",), ("project", "status")]) if random else ("project",)
    return usage_by(cut, tenant, start, NOW + timedelta(days=1), interval, "UTC")
