"""The worker's threads over a log and a sink in memory: everything once, whatever the group and the sink say."""

import threading
from collections.abc import Sequence

import pytest

from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.settings import IngestSettings, WorkerSettings
from ingest.decode import PreparedBatch
from ingest.failpoint import Planted
from ingest.memory import MemorySink
from ingest.ports import Fence, Flushed
from ingest.records import PartitionId, Record
from ingest.worker.memory import MemoryLog
from tests.support.ingest import event
from tests.support.records import PLACE, a_worker_in_memory, record, records

OTHER = PartitionId("events", 1)


class SickSink(MemorySink):
    """Raises what it is told to before each flush, until that is used up."""

    def __init__(self, *faults: Exception) -> None:
        super().__init__()
        self.faults = list(faults)

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        if self.faults:
            raise self.faults.pop(0)
        return super().flush(prepared, fence, next_offset)


class SharedSink(MemorySink):
    """For two lanes, as one database is."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def claim(self, partition_key: str, first_offset: int) -> Fence:
        with self._lock:
            return super().claim(partition_key, first_offset)

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        with self._lock:
            return super().flush(prepared, fence, next_offset)


def _log(**changed: int) -> MemoryLog:
    return MemoryLog({PLACE: records(range(40)), OTHER: records(range(40, 80))}, **changed)


def test_all_records_of_all_partitions_are_stored_once() -> None:
    sink = SharedSink()
    with a_worker_in_memory(_log(), [sink, sink]) as worker:
        worker.until(lambda: sink.ledger.received == 80)
        worker.finish()
    assert sink.ledger == LedgerCount(80, 80, 0, 0)
    assert worker.log.told == {PLACE: 40, OTHER: 80}
    assert worker.log.closed


def test_what_is_buffered_is_stored_before_the_group_is_left() -> None:
    sink = MemorySink()
    slow = IngestSettings(batch_wait_ms_max=60_000)
    with a_worker_in_memory(_log(), [sink], batch=slow) as worker:
        worker.until(lambda: sum(one.buffered_events for one in worker.board.partitions()) == 80)
        worker.finish()
    assert sink.ledger == LedgerCount(80, 80, 0, 0)


def test_reading_pauses_while_the_buffers_are_full_and_everything_comes_through() -> None:
    sink = MemorySink()
    narrow = WorkerSettings(partition_events_max=6)
    with a_worker_in_memory(_log(poll_max=6), [sink], room=narrow) as worker:
        worker.until(lambda: sink.ledger.received == 80)
        worker.finish()
    assert worker.log.pauses > 2
    assert sink.ledger == LedgerCount(80, 80, 0, 0)


def test_a_partition_that_is_fenced_off_is_claimed_again_and_loses_nothing() -> None:
    sink = MemorySink()
    with a_worker_in_memory(_log(), [sink]) as worker:
        worker.until(lambda: sink.ledger.received > 0)
        for _ in range(3):
            sink.claim(f"memory:{PLACE}", 0)
        worker.until(lambda: sink.ledger.received == 80)
        worker.finish()
    assert sink.ledger == LedgerCount(80, 80, 0, 0)


def test_a_partition_that_was_lost_and_comes_back_goes_on_where_the_sink_stands() -> None:
    sink = MemorySink()
    with a_worker_in_memory(_log(), [sink]) as worker:
        worker.until(lambda: sink.ledger.received > 0)

        def away_and_back(partitions: Sequence[PartitionId]) -> None:
            worker.log.say(lambda holder: holder.lost(partitions))
            worker.log.say(lambda _: worker.log.stop(partitions))
            worker.log.say(lambda holder: holder.assigned(partitions))

        away_and_back([PLACE])
        away_and_back([OTHER])
        worker.until(lambda: sink.ledger.received == 80)
        worker.finish()
    assert sink.ledger == LedgerCount(80, 80, 0, 0)


def test_nothing_is_stored_of_a_partition_after_it_was_revoked() -> None:
    sink = MemorySink()
    slow = IngestSettings(batch_wait_ms_max=60_000)
    with a_worker_in_memory(_log(), [sink], batch=slow) as worker:
        worker.until(lambda: sum(one.buffered_events for one in worker.board.partitions()) == 80)
        worker.log.say(lambda holder: holder.revoked([PLACE]))
        worker.until(lambda: len(worker.board.partitions()) == 1)
        worker.finish()
    assert sink.ledger == LedgerCount(40, 40, 0, 0)


def test_a_sink_that_is_away_is_tried_again_and_said_to_be_so() -> None:
    sink = SickSink(*[TryLater("database_unavailable", "away")] * 20)
    with a_worker_in_memory(_log(), [sink]) as worker:
        worker.until(lambda: "database_unavailable" in str(worker.board.troubles()))
        worker.until(lambda: sink.ledger.received == 80)
        worker.until(lambda: not worker.board.troubles())
        worker.finish()
    assert sink.ledger == LedgerCount(80, 80, 0, 0)


def test_a_lane_that_waits_for_a_flush_claims_what_is_given_to_the_worker() -> None:
    class HeldUp(MemorySink):
        """Flushes only after a third claim: the first two are those of the beginning."""

        claims = 0

        def claim(self, partition_key: str, first_offset: int) -> Fence:
            self.claims += 1
            return super().claim(partition_key, first_offset)

        def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
            if self.claims < 3:
                raise TryLater("database_unavailable", "locked by a flush of another partition")
            return super().flush(prepared, fence, next_offset)

    sink = HeldUp()
    with a_worker_in_memory(_log(), [sink]) as worker:
        worker.until(lambda: bool(worker.board.troubles()))
        held = next(id_ for id_ in (PLACE, OTHER) if str(id_) in worker.board.troubles())
        other = OTHER if held == PLACE else PLACE
        worker.log.say(lambda holder: holder.lost([other]))
        worker.log.say(lambda _: worker.log.stop([other]))
        worker.log.say(lambda holder: holder.assigned([other]))
        worker.until(lambda: sink.ledger.received == 80)
        worker.finish()
    assert sink.ledger == LedgerCount(80, 80, 0, 0)


def test_a_partition_that_cannot_be_claimed_is_claimed_later_and_the_others_go_on() -> None:
    class Silent(MemorySink):
        refusals = 3

        def claim(self, partition_key: str, first_offset: int) -> Fence:
            if self.refusals:
                self.refusals -= 1
                raise TryLater("kafka_silent", "no answer")
            return super().claim(partition_key, first_offset)

    sink = Silent()
    with a_worker_in_memory(_log(), [sink]) as worker:
        worker.until(lambda: sink.ledger.received == 80)
        worker.until(lambda: not worker.board.troubles())
        worker.finish()
    assert sink.ledger == LedgerCount(80, 80, 0, 0)


def test_a_broken_flush_halts_its_partition_and_no_other() -> None:
    sink = SickSink(Broken("database_refuses_data", "no"))
    with a_worker_in_memory(_log(), [sink]) as worker:
        worker.until(lambda: sink.ledger.received == 40)
        assert [text for text in worker.board.troubles().values() if "database_refuses_data" in text]
        worker.finish()
    assert sink.ledger == LedgerCount(40, 40, 0, 0)


def test_what_was_read_before_a_partition_became_unreadable_is_stored() -> None:
    sink = MemorySink()
    slow = IngestSettings(batch_wait_ms_max=60_000)
    with a_worker_in_memory(_log(), [sink], batch=slow) as worker:
        worker.until(lambda: sum(one.buffered_events for one in worker.board.partitions()) == 80)
        worker.log.say(lambda holder: holder.unreadable(PLACE, "offset_out_of_range", "gone"))
        worker.until(lambda: sink.ledger.received == 40)
        assert worker.board.troubles() == {"events/0": "offset_out_of_range: gone"}
        assert PLACE not in worker.log.reading
        worker.finish()


def test_a_record_of_nobody_moves_the_offset_on() -> None:
    stray = Record(1, 1, [("tenant", b"none")], b"rubbish", 1)
    log = MemoryLog({PLACE: [record(0, [event(0)]), stray, record(2, [event(2)], tenant_id=99)]})
    sink = MemorySink()
    with a_worker_in_memory(log, [sink]) as worker:
        worker.until(lambda: log.told.get(PLACE) == 3)
        worker.finish()
    assert [(one.offset, one.code) for one in worker.unattributed] == [
        (1, "bad_header"),
        (2, "unknown_tenant"),
    ]
    assert sink.ledger == LedgerCount(1, 1, 0, 0)


def test_a_stop_that_cannot_store_what_is_buffered_says_so() -> None:
    sink = SickSink(*[TryLater("database_unavailable", "away")] * 10_000)
    hasty = WorkerSettings(grace_s=0.2, retry_s_max=0.01)
    with a_worker_in_memory(_log(), [sink], room=hasty) as worker:
        worker.until(lambda: bool(worker.board.troubles()))
        with pytest.raises(TryLater, match="not_drained"):
            worker.finish()
    assert worker.log.closed


@pytest.mark.parametrize("step", ["worker.after_poll", "worker.after_assign"])
def test_a_fault_of_the_poll_thread_ends_the_worker(step: str) -> None:
    with a_worker_in_memory(_log(), [MemorySink()], failpoints=f"{step}=error") as worker:
        worker.thread.join(10)
        with pytest.raises(Planted):
            worker.finish()


def test_an_error_that_nobody_expects_in_a_thread_ends_the_worker() -> None:
    with a_worker_in_memory(_log(), [SickSink(ZeroDivisionError("a bug"))]) as worker:
        worker.thread.join(10)
        with pytest.raises(ZeroDivisionError):
            worker.finish()
