"""Tells listeners which tenants' usage was committed, after the commit and beside the flushes: never in their way.

In: numbers of tenants, from any thread. Out: notices on a channel, at most one in `every_s`, by a thread and a
connection of its own. A notice inside the flush's transaction would hold the lock that all notices of a server share
until that commit is durable. What cannot be told is counted and forgotten: listeners look by themselves now and then.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import psycopg
import structlog

from analytics_hub.domain.clock import Clock
from analytics_hub.storage.statements import statements
from analytics_hub.telemetry import CHANGES_ANNOUNCED, CHANGES_UNTOLD
from ingest.deadline import Deadline, cut_off
from ingest.decode import PreparedBatch
from ingest.ports import EventSink, Fence, Flushed
from ingest.postgres.copy_in import Connection

_SQL: Final = statements("changes")
_TENANTS_A_NOTICE: Final = 200  # 37 bytes each; a payload ends at 8,000
_TENANTS_MAX: Final = 10_000
_log = structlog.get_logger(__name__)


class ChangeAnnouncer:
    """One of a process. Its thread begins with the first change; `close` ends it."""

    def __init__(
        self, connect: Callable[[], Connection], clock: Clock, *, every_s: float, wait_s: float
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._every_s = every_s
        self._wait_s = wait_s
        self._conn: Connection | None = None
        self._changed: set[int] = set()
        self._lock = threading.Lock()
        self._something = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def changed(self, tenants: Iterable[int]) -> None:
        """Never waits for the database."""
        with self._lock:
            for tenant in tenants:
                if len(self._changed) < _TENANTS_MAX:
                    self._changed.add(tenant)
                else:
                    CHANGES_UNTOLD.inc()
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="hub-announce", daemon=True)
                self._thread.start()
        self._something.set()

    def close(self) -> None:
        """What is known is told, if the database takes it in time."""
        self._closing.set()
        self._something.set()
        if self._thread is not None:
            self._thread.join(2 * self._wait_s)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._something.wait()
            self._something.clear()
            self._tell(self._taken())
            self._closing.wait(self._every_s)
        self._tell(self._taken())
        self._discard()

    def _taken(self) -> list[int]:
        with self._lock:
            taken, self._changed = sorted(self._changed), set()
        return taken

    def _tell(self, tenants: Sequence[int]) -> None:
        for at in range(0, len(tenants), _TENANTS_A_NOTICE):
            some = tenants[at : at + _TENANTS_A_NOTICE]
            try:
                self._tell_once(some)
            except (psycopg.Error, OSError) as error:
                self._discard()
                CHANGES_UNTOLD.inc(len(tenants) - at)
                _log.warning("changes could not be told", tenants=len(tenants) - at, error=str(error).strip())
                return
            CHANGES_ANNOUNCED.inc(len(some))

    def _tell_once(self, tenants: Sequence[int]) -> None:
        if self._conn is None:
            self._conn = self._connect()
            self._conn.autocommit = True
        with cut_off(Deadline.after(self._clock, self._wait_s), self._conn.fileno()):
            self._conn.execute(_SQL["announce"], {"tenants": list(tenants)})

    def _discard(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


class AnnouncingSink:
    """A sink that tells what it has made durable. As thread-bound as the sink inside."""

    def __init__(self, sink: EventSink, announcer: ChangeAnnouncer) -> None:
        self._sink = sink
        self._announcer = announcer

    def claim(self, partition_key: str, first_offset: int) -> Fence:
        return self._sink.claim(partition_key, first_offset)

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        flushed = self._sink.flush(prepared, fence, next_offset)
        # Of an earlier try too that had become durable after all: nobody may have told it.
        self._announcer.changed({tally.tenant_id for tally in prepared.batch.tallies if tally.stored})
        return flushed

    def close(self) -> None:
        self._sink.close()
