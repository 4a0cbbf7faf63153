"""What becomes of a record: a message of its tenant, a refused one, or one of nobody."""

import gzip

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.settings import WorkerSettings
from ingest.kafka.headers import EdgeStamp, RecordHeaders
from ingest.records import PartitionId, Record
from ingest.worker.reading import Reader, Reading
from rust_core import TenantRules
from tests.support.ingest import NOW, decoder, event
from tests.support.records import PLACE, TENANT, StaticTenants, record

DIRECT = PartitionId("direct", 0)
NOON_MS = 1_793_880_000_000
BOUNDS = WorkerSettings(message_bytes_max=10_000, message_events_max=3)


def _read(partition: PartitionId, *records: Record) -> Reading:
    reader = Reader(StaticTenants(TENANT), {"direct": TENANT}, BOUNDS, FixedClock(NOW))
    return reader.read(partition, records)


def _codes(reading: Reading) -> list[str]:
    return [reject.code for reject in decoder().decode(reading.messages).rejects()]


def _direct(value: bytes, *headers: tuple[str, bytes]) -> Record:
    return Record(5, NOON_MS, headers, value, 1)


def test_the_verdicts_of_the_edge_are_obeyed() -> None:
    stamp = EdgeStamp(TENANT, NOON_MS * 1000, 2, base_position=10, verdicts=b"1:too_old")
    headers = RecordHeaders(stamp, format="ndjson").pairs()
    batch = decoder().decode(_read(PLACE, Record(3, 1, headers, event(1) + b"\n" + event(2), 2)).messages)
    assert batch.count() == LedgerCount(2, 1, 0, 1)
    assert [(one.code, one.position) for one in batch.rejects()] == [("too_old", 11)]


def test_what_the_edge_has_accepted_is_held_against_no_bound_again() -> None:
    reading = _read(PLACE, record(0, [event(number) for number in range(20)]))
    assert decoder().decode(reading.messages).count() == LedgerCount(20, 20, 0, 0)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([], "bad_header"),
        ([("tenant", b"7")], "bad_header"),
        ([("tenant", b"-1"), ("received_at", b"1"), ("events", b"1")], "bad_header"),
        ([("tenant", b"8"), ("received_at", b"1"), ("events", b"1")], "unknown_tenant"),
    ],
)
def test_a_record_without_a_known_tenant_is_nobodys(
    headers: list[tuple[str, bytes | None]], code: str
) -> None:
    reading = _read(PLACE, Record(9, 1, headers, b"x", 1))
    assert [(one.offset, one.code, one.origin) for one in reading.unattributed] == [(9, code, "events/0/9")]
    assert reading.messages == []


def test_on_a_direct_topic_the_log_says_when_and_the_topic_whose() -> None:
    liar = RecordHeaders(EdgeStamp(8, 1, 9), format="json").pairs()
    batch = decoder().decode(_read(DIRECT, _direct(event(1), *liar)).messages)
    (tally,) = batch.batch.tallies
    assert (tally.tenant_id, tally.hour_us, tally.received) == (TENANT, NOON_MS * 1000, 1)


def test_a_direct_producer_may_compress() -> None:
    reading = _read(DIRECT, _direct(gzip.compress(event(1)), ("content-encoding", b"gzip")))
    assert decoder().decode(reading.messages).count() == LedgerCount(1, 1, 0, 0)


@pytest.mark.parametrize(
    ("value", "headers", "code"),
    [
        (b"no gzip", [("content-encoding", b"gzip")], "bad_encoding"),
        (gzip.compress(event(1))[:-9], [("content-encoding", b"gzip")], "bad_encoding"),
        (gzip.compress(b" " * 20_000), [("content-encoding", b"gzip")], "message_too_large"),
        (event(1), [("content-encoding", b"br")], "bad_header"),
        (event(1), [("content-type", b"text/plain")], "bad_header"),
        (b"\n".join([event(1)] * 4), [], "too_many_events"),
    ],
    # gzip writes the time into what it makes: a name made of the bytes would be another in every process.
    ids=["strange", "cut off", "bomb", "unknown encoding", "unknown type", "too many events"],
)
def test_a_direct_message_that_cannot_be_opened_is_one_reject(
    value: bytes, headers: list[tuple[str, bytes]], code: str
) -> None:
    reading = _read(DIRECT, _direct(value, *headers))
    assert _codes(reading) == [code]
    assert decoder().decode(reading.messages).count() == LedgerCount(1, 0, 0, 1)


def test_while_nobody_can_say_who_the_tenants_are_nothing_is_decided() -> None:
    class Away:
        def rules(self, tenant_id: int) -> TenantRules | None:
            raise TryLater("database_unavailable", f"nobody knows {tenant_id}")

    reader = Reader(Away(), {}, BOUNDS, FixedClock(NOW))
    with pytest.raises(TryLater):
        reader.read(PLACE, [record(0, [event(1)])])
