"""A flush lane: one thread with one database connection, that claims partitions and flushes batches.

In: tasks from the board. Out: what became of each, back to the board. Its answers to trouble:

    Fenced                  the partition's buffer is dropped; claimed again if the group still says it is ours
    TryLater                kept and tried again for ever, with bounded pauses; never dropped
    any other HubError      this partition halts with an alarm, the others go on
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import structlog

from analytics_hub.domain.errors import Broken, HubError, TryLater
from analytics_hub.settings import WorkerSettings
from analytics_hub.telemetry import UNATTRIBUTED_MESSAGES
from ingest.failpoint import Failpoints
from ingest.partition import Partition, Work
from ingest.ports import EventSink, Fenced, Flushed
from ingest.records import Origin, PartitionId, Unattributed
from ingest.worker.board import Board

_LOG = structlog.get_logger(__name__)
_T = TypeVar("_T")
_PAUSE_S: Final = 0.1  # doubles with every try

KeepUnattributed = Callable[[str, Sequence[Unattributed]], None]
"""Keeps records that belong to no known tenant, by partition key and offset: once, however often it is called."""


class Lane:
    """Runs in its own thread until the board says that it is over."""

    def __init__(
        self,
        board: Board,
        sink: EventSink,
        origin: Callable[[PartitionId], Origin],
        *,
        keep: KeepUnattributed,
        settings: WorkerSettings,
        failpoints: Failpoints,
    ) -> None:
        self._board = board
        self._sink = sink
        self._origin = origin
        self._keep = keep
        self._settings = settings
        self._failpoints = failpoints

    def run(self) -> None:
        try:
            while (task := self._board.next_task()) is not None:
                if isinstance(task, Work):
                    self._flush(task)
                else:
                    self._claim(task)
        finally:
            self._sink.close()

    def _claim(self, partition: Partition) -> None:
        """One try: a partition that cannot be claimed now must not keep the lane from the others."""
        try:
            fence = self._sink.claim(*self._origin(partition.id))
        except TryLater as error:
            self._board.claim_later(partition, error)
        except HubError as error:
            self._board.halt(partition, error)
        else:
            self._failpoints.hit("worker.after_claim")
            self._board.claimed(partition, fence)

    def _flush(self, work: Work) -> None:
        try:
            flushed = self._tried(work.partition, lambda: self._flushed(work))
        except Fenced:
            self._board.fenced(work)
            return
        if flushed is None or flushed.fence is None:
            self._board.let_go(work)
        else:
            self._board.stored(work, flushed.fence)

    def _flushed(self, work: Work) -> Flushed:
        fence, prepared = work.partition.fence, work.prepared
        if fence is None or prepared is None:
            raise Broken("not_ready", f"{work.partition.id}: a batch to flush is not claimed or not decoded")
        self._failpoints.hit("worker.before_flush")
        if work.unattributed:
            self._keep(fence.partition_key, work.unattributed)
        flushed = self._sink.flush(prepared, fence, work.next_offset)
        if work.unattributed:
            _tell(work.unattributed)
        self._failpoints.hit("worker.after_flush")
        return flushed

    def _tried(self, partition: Partition, act: Callable[[], _T]) -> _T | None:
        """The result, however long it takes. None when the partition has been halted or is no longer ours."""
        pause_s = _PAUSE_S
        while True:
            try:
                return act()
            except TryLater as error:
                if not self._board.postponed(partition, error, pause_s):
                    return None
                pause_s = min(2 * pause_s, self._settings.retry_s_max)
                self._claim_meanwhile()
            except Fenced:
                raise
            except HubError as error:
                self._board.halt(partition, error)
                return None

    def _claim_meanwhile(self) -> None:
        """What this flush waits for may be held by a frozen worker's flush of another partition (the same event, the
        same tenant's budget of series). Claiming that partition is what ends it, and all lanes may be waiting."""
        while (partition := self._board.next_claim()) is not None:
            self._claim(partition)


def _tell(messages: Sequence[Unattributed]) -> None:
    for message in messages:
        UNATTRIBUTED_MESSAGES.labels(message.code).inc()
    first = messages[0]
    _LOG.error(
        "messages that no tenant can be charged with",
        messages=len(messages),
        first=first.origin,
        code=first.code,
        reason=first.reason,
    )
