"""What the board gives to whom, under a clock that the test holds."""

from datetime import timedelta

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import Broken
from analytics_hub.settings import IngestSettings, WorkerSettings
from ingest.partition import Partition, Work
from ingest.ports import Fence
from ingest.records import PartitionId, Record
from ingest.worker.board import Board
from tests.support.ingest import NOW, prepared
from tests.support.records import records

ONE, TWO = PartitionId("events", 1), PartitionId("events", 2)
BATCH = IngestSettings(batch_events_max=3, batch_wait_ms_max=500, queue_batches_max=2)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def board(clock: FixedClock) -> Board:
    """Two partitions that read from offset 0."""
    made = Board(BATCH, WorkerSettings(reclaim_s=2, revoke_wait_s=0.3), clock)
    made.assigned([ONE, TWO])
    for _ in range(2):
        claim = made.next_task()
        assert isinstance(claim, Partition)
        made.claimed(claim, Fence(str(claim.id), 1, 0))
    assert made.starts() == {ONE: 0, TWO: 0}
    return made


def _decoded(board: Board) -> Work:
    work = board.next_to_decode()
    assert work is not None
    board.decoded(work, prepared([]), ())
    return work


def _to_flush(board: Board) -> Work:
    task = board.next_task()
    assert isinstance(task, Work)
    return task


def test_a_partition_is_started_once(board: Board) -> None:
    assert board.starts() == {}


def test_full_batches_of_partitions_take_turns(board: Board) -> None:
    board.add({ONE: records(range(9)), TWO: records(range(9))})
    assert {_decoded(board).partition.id, _decoded(board).partition.id} == {ONE, TWO}


def test_a_batch_waits_for_more_until_it_is_due(board: Board, clock: FixedClock) -> None:
    board.add({ONE: records([0])})
    clock.advance(timedelta(milliseconds=501))
    assert [one.offset for one in _decoded(board).partition.works[0].records] == []
    board.add({TWO: records([0])})
    board.stop()
    assert board.next_to_decode() is None


def test_one_partition_is_flushed_by_one_lane_at_a_time_and_in_order(board: Board) -> None:
    board.add({ONE: records(range(6))})
    first, second = _decoded(board), _decoded(board)
    assert _to_flush(board) is first
    board.add({TWO: records(range(3))})
    third = _decoded(board)
    assert _to_flush(board) is third
    board.stored(first, Fence(str(ONE), 1, 3))
    assert _to_flush(board) is second
    assert second.partition.fence == Fence(str(ONE), 1, 3)


def test_a_partition_that_is_fenced_off_stops_and_is_claimed_after_a_pause(
    board: Board, clock: FixedClock
) -> None:
    board.add({ONE: records(range(6))})
    work = _decoded(board)
    board.fenced(_to_flush(board))
    assert work.dropped
    assert board.stops() == [ONE]
    assert board.stops() == []
    assert "fenced" in board.troubles()[str(ONE)]
    clock.advance(timedelta(seconds=2))
    claim = board.next_task()
    assert isinstance(claim, Partition)
    assert claim.id == ONE


def test_a_halted_partition_stops_and_the_others_go_on(board: Board) -> None:
    board.add({ONE: records(range(3)), TWO: records(range(3))})
    for work in (_decoded(board), _decoded(board)):
        if work.partition.id == ONE:
            board.halt(work.partition, Broken("bad", "very"))
    assert board.stops() == [ONE]
    assert _to_flush(board).partition.id == TWO
    assert board.troubles() == {str(ONE): "bad: very"}


def test_a_flush_in_flight_may_end_when_its_partition_is_taken_away(board: Board) -> None:
    board.add({ONE: records(range(6))})
    _decoded(board)
    flushing = _to_flush(board)
    waiting = _decoded(board)
    board.stored(flushing, Fence(str(ONE), 1, 3))
    board.revoked([ONE])
    assert waiting.dropped
    assert not flushing.dropped
    assert [one.id for one in board.partitions()] == [TWO]


def test_what_a_lane_finishes_after_its_partition_is_gone_changes_nothing(board: Board) -> None:
    board.add({ONE: records(range(3))})
    _decoded(board)
    flushing = _to_flush(board)
    board.lost([ONE])
    board.assigned([ONE])
    board.stored(flushing, Fence(str(ONE), 1, 3))
    board.halt(flushing.partition, Broken("bad", "late"))
    anew = board.next_task()
    assert isinstance(anew, Partition)
    assert anew.fence is None
    assert board.troubles() == {}


def test_records_of_a_partition_that_is_not_ours_are_passed_over(board: Board) -> None:
    board.add({PartitionId("events", 9): records([0])})
    assert board.drained


def test_a_worker_that_drains_takes_no_more_and_waits_for_nothing(board: Board) -> None:
    board.add({ONE: records([0])})
    board.drain()
    board.add({ONE: records([1])})
    assert not board.drained
    work = _decoded(board)
    assert work.next_offset == 1
    board.stored(_to_flush(board), Fence(str(ONE), 1, 1))
    assert board.drained


def test_reading_pauses_when_all_partitions_together_hold_too_much(clock: FixedClock) -> None:
    board = Board(BATCH, WorkerSettings(buffer_bytes_max=1024 * 1024, partition_bytes_max=1024 * 1024), clock)
    board.assigned([ONE, TWO])
    for _ in range(2):
        claim = board.next_task()
        assert isinstance(claim, Partition)
        board.claimed(claim, Fence(str(claim.id), 1, 0))
    board.starts()
    board.add({ONE: [Record(0, 1, (), b"x" * 1024 * 1024, 1)]})
    assert board.pauses() == ([ONE, TWO], [])
    assert board.pauses() == ([], [])
    board.lost([ONE])
    assert board.pauses() == ([], [TWO])


def test_a_topic_that_is_missing_is_trouble_until_it_is_there(board: Board) -> None:
    board.missing(["events-of-acme"])
    assert board.troubles() == {"events-of-acme": "topic_missing: there is no such topic"}
    board.missing([])
    assert board.troubles() == {}
