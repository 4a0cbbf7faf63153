"""One partition in a worker: what it takes in, what a batch is, and what it forgets."""

import pytest

from analytics_hub.settings import IngestSettings, WorkerSettings
from ingest.partition import Partition, Stage
from ingest.ports import Fence
from ingest.records import Record
from tests.support.records import PLACE, records

BATCH = IngestSettings(batch_events_max=3, batch_bytes_max=100_000, batch_wait_ms_max=500)
ROOM = WorkerSettings(partition_events_max=4, partition_bytes_max=1_000_000)


@pytest.fixture
def partition() -> Partition:
    one = Partition(PLACE, BATCH, ROOM)
    one.claimed(Fence("key", 1, 10))
    one.stage = Stage.READ
    return one


def test_records_from_before_the_database_offset_are_passed_over(partition: Partition) -> None:
    partition.add(records(range(5, 13)), 0.0)
    assert partition.buffered_events == 3
    assert partition.take(0.0).next_offset == 13


def test_a_record_that_comes_twice_is_taken_once(partition: Partition) -> None:
    partition.add(records([10, 11]), 0.0)
    partition.add(records([11, 12]), 0.0)
    assert [one.offset for one in partition.take(0.0).records] == [10, 11, 12]


def test_gaps_in_the_offsets_are_the_logs_own(partition: Partition) -> None:
    partition.add(records([10, 17, 40]), 0.0)
    assert partition.take(0.0).next_offset == 41


@pytest.mark.parametrize("stage", [Stage.CLAIM, Stage.START, Stage.STOP, Stage.HALTED, Stage.GONE])
def test_only_a_partition_that_reads_takes_records(partition: Partition, stage: Stage) -> None:
    partition.stage = stage
    partition.add(records([10]), 0.0)
    assert partition.idle


def test_a_batch_keeps_within_the_bound_of_events(partition: Partition) -> None:
    partition.add(records(range(10, 15)), 0.0)
    assert [one.offset for one in partition.take(0.0).records] == [10, 11, 12]
    assert [one.offset for one in partition.take(0.0).records] == [13, 14]
    assert (partition.buffered_events, partition.buffered_bytes) == (0, 0)


def test_a_record_that_alone_passes_the_bound_is_a_batch_by_itself(partition: Partition) -> None:
    large = Record(10, 1, (), b"x", 1_000)
    partition.add([large, *records([11])], 0.0)
    assert partition.take(0.0).records == [large]


def test_a_batch_is_due_when_it_is_full_or_has_waited_or_nothing_more_comes(partition: Partition) -> None:
    assert partition.due_s(draining=True) is None
    partition.add(records([10]), 2.0)
    assert partition.due_s(draining=False) == 2.5
    assert partition.due_s(draining=True) == 0.0
    partition.add(records([11, 12]), 2.1)
    assert partition.due_s(draining=False) == 0.0


def test_what_came_before_a_partition_became_unreadable_is_due_at_once(partition: Partition) -> None:
    partition.add(records([10]), 2.0)
    partition.stage = Stage.HALTED
    assert partition.due_s(draining=False) == 0.0


def test_dropping_forgets_what_is_not_durable_and_marks_it(partition: Partition) -> None:
    partition.add(records(range(10, 15)), 0.0)
    work = partition.take(0.0)
    partition.drop(Stage.STOP)
    assert work.dropped
    assert partition.idle
    assert partition.buffered_bytes == 0


def test_reading_pauses_when_it_is_full_and_goes_on_when_it_is_half_empty(partition: Partition) -> None:
    partition.add(records(range(10, 14)), 0.0)
    assert partition.wants_pause
    assert not partition.wants_more
    partition.take(0.0)
    assert not partition.wants_pause
    assert partition.wants_more


def test_the_oldest_record_that_is_not_durable_tells_the_lag(partition: Partition) -> None:
    assert partition.oldest_ms is None
    partition.add(records(range(10, 15)), 0.0)
    assert partition.oldest_ms == 1_010
    work = partition.take(0.0)
    assert partition.oldest_ms == 1_010
    partition.stored(work, Fence("key", 1, 13))
    assert partition.oldest_ms == 1_013
