"""Records and workers for tests without a broker.

In: numbers of events. Out: records as the collector writes them, and a worker over a log and a sink in memory.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from analytics_hub.domain.clock import SystemClock
from analytics_hub.settings import IngestSettings, WorkerSettings
from ingest.failpoint import Failpoints
from ingest.ports import EventSink
from ingest.records import PartitionId, Record, Unattributed
from ingest.worker.board import Board
from ingest.worker.decoding import DecodeThread
from ingest.worker.lane import Lane
from ingest.worker.memory import MemoryLog
from ingest.worker.reading import Reader
from ingest.worker.work import Worker
from rust_core import TenantRules
from tests.support.ingest import decoder, events
from tests.support.stream import stamped

TENANT = 7
PLACE = PartitionId("events", 0)
WAIT_S = 180.0


class StaticTenants:
    """The tenants that there are."""

    def __init__(self, *tenant_ids: int) -> None:
        self._rules = {one: TenantRules(one, f"tenant-{one}", None, ()) for one in tenant_ids}

    def rules(self, tenant_id: int) -> TenantRules | None:
        return self._rules.get(tenant_id)


def record(offset: int, lines: Sequence[bytes], tenant_id: int = TENANT) -> Record:
    """One message as the collector writes it."""
    return Record(offset, 1_000 + offset, stamped(tenant_id, lines).pairs(), b"\n".join(lines), len(lines))


def records(numbers: Iterable[int]) -> list[Record]:
    """One event a record; the number is the offset, too."""
    return [record(number, events([number])) for number in numbers]


@dataclass
class WorkerInMemory:
    """A worker that runs in a thread of the test."""

    log: MemoryLog
    board: Board
    stop: threading.Event
    thread: threading.Thread
    unattributed: list[Unattributed]
    raised: list[BaseException] = field(default_factory=list)

    def until(self, done: Callable[[], bool]) -> None:
        ends_s = time.monotonic() + WAIT_S
        while not done():
            assert time.monotonic() < ends_s, self.board.troubles()
            assert not self.raised, self.raised
            time.sleep(0.002)

    def finish(self) -> None:
        """Stop in order and raise what the worker raised."""
        self.stop.set()
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()
        if self.raised:
            raise self.raised[0]


@contextmanager
def a_worker_in_memory(
    log: MemoryLog,
    sinks: Sequence[EventSink],
    *,
    batch: IngestSettings | None = None,
    room: WorkerSettings | None = None,
    failpoints: str = "",
) -> Iterator[WorkerInMemory]:
    """Runs until the block ends, over these sinks, one lane each."""
    clock = SystemClock()
    batch = batch or IngestSettings(batch_events_max=10, batch_wait_ms_max=5)
    room = room or WorkerSettings(reclaim_s=0.01, retry_s_max=0.05, revoke_wait_s=5)
    planted = Failpoints.parse(failpoints)
    board = Board(batch, room, clock)
    kept: list[Unattributed] = []
    reader = Reader(StaticTenants(TENANT), {}, room, clock)
    threads = {"decode": DecodeThread(board, reader, decoder(), room, planted).run}
    for number, sink in enumerate(sinks):
        lane = Lane(
            board, sink, log.origin, keep=lambda _, some: kept.extend(some), settings=room, failpoints=planted
        )
        threads[f"lane-{number}"] = lane.run
    worker = Worker(log, board, threads, room, clock, commit_every_s=0.01, failpoints=planted)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            worker.run(stop)
        except BaseException as error:  # noqa: BLE001  raised again by `finish`
            raised.append(error)

    stop = threading.Event()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield WorkerInMemory(log, board, stop, thread, kept, raised)
    finally:
        stop.set()
        thread.join(WAIT_S)
