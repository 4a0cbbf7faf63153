"""The acceptor on a real broker: what is accepted is there, with its verdicts; what is not is TryLater, in time."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from confluent_kafka.cimpl import NewTopic

from analytics_hub.domain.clock import unix_us
from analytics_hub.domain.errors import TooLarge, TryLater
from analytics_hub.settings import KafkaSettings, ProducerSettings
from ingest.broker.ports import free_port
from ingest.broker.process import Broker
from ingest.kafka.headers import EdgeStamp, RecordHeaders, read_headers
from ingest.kafka.producer import StreamProducer
from ingest.kafka.sink import KafkaAcceptor
from ingest.kafka.topics import admin_client, delete_topic
from ingest.ports import Acceptance, Submission
from rust_core import TenantRules
from tests.support.broker import WAIT_S, a_topic
from tests.support.ingest import NOW, SETTINGS, event
from tests.support.kafka_records import read_records

TENANT = TenantRules(7, "acme", 7 * 86_400 * 1_000_000, ())
NOW_US = unix_us(NOW)
IMPATIENT = {"delivery_timeout_ms": 1_500, "answer_wait_s": 5.0}
NOISE = random.Random(4)


def _body(lines: list[bytes]) -> Submission:
    return Submission(TENANT, NOW_US, b"\n".join(lines), "ndjson", request_id="request-1")


@asynccontextmanager
async def _acceptor(bootstrap_servers: str, topic: str, **changed: Any) -> AsyncIterator[KafkaAcceptor]:
    settings = ProducerSettings(**changed)
    producer = StreamProducer(KafkaSettings(bootstrap_servers=bootstrap_servers, topic=topic), settings)
    try:
        yield KafkaAcceptor(producer, settings, SETTINGS.decode)
    finally:  # a client that is left behind talks into the output of later tests
        await asyncio.to_thread(producer.close, 0)


def _run(
    bootstrap_servers: str,
    topic: str,
    act: Callable[[KafkaAcceptor], Awaitable[Any]],
    **changed: Any,
) -> Any:
    async def main() -> Any:
        async with _acceptor(bootstrap_servers, topic, **changed) as acceptor:
            return await act(acceptor)

    return asyncio.run(main())


def _accept(broker: Broker, topic: str, submission: Submission, **changed: Any) -> Acceptance:
    answer = _run(broker.bootstrap_servers, topic, lambda acceptor: acceptor.accept(submission), **changed)
    assert isinstance(answer, Acceptance)
    return answer


async def _until_accepted(acceptor: KafkaAcceptor, submission: Submission) -> Acceptance:
    """As a client does: it sends again."""
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                return await acceptor.accept(submission)
            except TryLater:
                continue


def test_what_is_accepted_lies_in_kafka_with_stamp_and_verdicts(broker: Broker, topic: str) -> None:
    submission = _body([event(0), b"{}", event(1)])
    answer = _accept(broker, topic, submission)
    assert (answer.received, answer.accepted, answer.rejected) == (3, 2, 1)
    assert (answer.duplicates, answer.stored) == (None, False)
    assert [reject.ordinal for reject in answer.rejects] == [1]

    [record] = read_records(broker, topic)
    verdict = f"1:{answer.rejects[0].code}".encode()
    assert read_headers(record.headers()) == RecordHeaders(  # type: ignore[arg-type]
        EdgeStamp(7, NOW_US, 3, 0, verdict), format="ndjson", request_id="request-1"
    )
    assert record.value() == submission.body
    assert record.timestamp()[1] == NOW_US // 1000
    assert (record.key() or b"").startswith(b"7/")


def test_a_long_body_arrives_whole_in_pieces(broker: Broker, topic: str) -> None:
    lines = [event(number, user_id=f"user-{NOISE.random()}") for number in range(30_000)]
    submission = _body(lines)
    assert len(memoryview(submission.body)) > 5_000_000
    answer = _accept(broker, topic, submission)
    assert (answer.received, answer.accepted) == (30_000, 30_000)

    stamped = []
    for record in read_records(broker, topic):
        headers = read_headers(record.headers())  # type: ignore[arg-type]
        assert isinstance(headers, RecordHeaders)
        assert headers.stamp is not None
        stamped.append((headers.stamp, record.value() or b""))
    assert sum(stamp.events for stamp, _ in stamped) == 30_000
    assert max(len(value) for _, value in stamped) <= 900_000
    in_order = sorted(stamped, key=lambda one: one[0].base_position)
    assert [line for _, value in in_order for line in value.split()] == lines


def test_a_tenant_is_spread_over_keys(broker: Broker, topic: str) -> None:
    async def act(acceptor: KafkaAcceptor) -> None:
        for number in range(6):
            await acceptor.accept(_body([event(number)]))

    _run(broker.bootstrap_servers, topic, act, key_spread=3)
    keys = [record.key() or b"" for record in read_records(broker, topic)]
    assert sorted(keys) == [b"7/0", b"7/0", b"7/1", b"7/1", b"7/2", b"7/2"]


def test_an_event_above_a_message_is_refused_and_its_neighbours_are_not(broker: Broker, topic: str) -> None:
    answer = _accept(broker, topic, _body([event(0), event(1, project="x" * 950_000), event(2)]))
    assert (answer.accepted, [reject.code for reject in answer.rejects]) == (2, ["event_too_large"])
    records = read_records(broker, topic)
    assert max(len(record.value() or b"") for record in records) <= 900_000


def test_a_body_without_events_is_nothing_to_wait_for() -> None:
    answer = _run(f"127.0.0.1:{free_port()}", "none", lambda acceptor: acceptor.accept(_body([b""])))
    assert (answer.received, answer.accepted, answer.rejected) == (0, 0, 0)


def test_a_message_that_the_topic_refuses_is_too_large(broker: Broker) -> None:
    name, admin = f"small-{NOISE.getrandbits(40):x}", admin_client(broker.bootstrap_servers)
    small = NewTopic(name, num_partitions=1, replication_factor=1, config={"max.message.bytes": "2000"})
    admin.create_topics([small])[name].result(WAIT_S)
    with pytest.raises(TooLarge, match="message_too_large"):
        _accept(broker, name, _body([event(0, project=NOISE.randbytes(5_000).hex())]))
    delete_topic(broker.bootstrap_servers, name, wait_s=WAIT_S)


def test_a_dead_broker_is_later_and_then_it_is_back(own_broker: Callable[[], Broker]) -> None:
    broker = own_broker()

    async def act(acceptor: KafkaAcceptor) -> Acceptance:
        await _until_accepted(acceptor, _body([event(0)]))  # a new broker may need longer than we wait
        broker.kill()
        with pytest.raises(TryLater):
            await acceptor.accept(_body([event(1)]))
        broker.start()  # in this thread: the broker ends with the one that starts it
        return await _until_accepted(acceptor, _body([event(2)]))

    with a_topic(broker) as topic:
        assert _run(broker.bootstrap_servers, topic, act, **IMPATIENT).accepted == 1
        values = {record.value() for record in read_records(broker, topic)}
        assert {event(0), event(2)} == values


def test_a_frozen_broker_is_later_while_it_is_frozen(own_broker: Callable[[], Broker]) -> None:
    broker = own_broker()

    async def act(acceptor: KafkaAcceptor) -> Acceptance:
        await _until_accepted(acceptor, _body([event(0)]))  # a new broker may need longer than we wait
        broker.freeze()
        late = await asyncio.gather(
            *(acceptor.accept(_body([event(number)])) for number in range(1, 20)), return_exceptions=True
        )
        assert {type(error) for error in late} == {TryLater}
        assert acceptor.fill() == 0
        broker.thaw()
        return await _until_accepted(acceptor, _body([event(20)]))

    with a_topic(broker) as topic:
        assert _run(broker.bootstrap_servers, topic, act, **IMPATIENT).accepted == 1


def test_a_full_queue_is_later_at_once_and_empties_again() -> None:
    async def act(acceptor: KafkaAcceptor) -> None:
        waiting = [asyncio.create_task(acceptor.accept(_body([event(number)]))) for number in range(3)]
        await asyncio.sleep(0)
        assert acceptor.fill() == 1
        with pytest.raises(TryLater, match="queue_full"):
            await acceptor.accept(_body([event(4)]))
        assert not any(task.done() for task in waiting)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(error) for error in results} == {TryLater}
        assert acceptor.fill() == 0

    _run(f"127.0.0.1:{free_port()}", "none", act, queue_messages_max=3, **IMPATIENT)


def test_a_queue_is_full_by_bytes_too() -> None:
    async def act(acceptor: KafkaAcceptor) -> None:
        big = _body([event(number, project="x" * 100_000) for number in range(6)])
        waiting = asyncio.create_task(acceptor.accept(big))
        while acceptor.fill() == 0:
            await asyncio.sleep(0.01)
        with pytest.raises(TryLater, match="queue_full"):
            await acceptor.accept(big)
        with pytest.raises(TryLater):
            await waiting

    _run(f"127.0.0.1:{free_port()}", "none", act, queue_bytes_max=1_048_576, **IMPATIENT)


def test_a_body_that_no_queue_can_hold_is_too_large() -> None:
    submission = _body([event(0, project="x" * 1_000), b" " * 1_100_000])
    with pytest.raises(TooLarge, match="body_too_long"):
        _run("127.0.0.1:9", "none", lambda acceptor: acceptor.accept(submission), queue_bytes_max=1_048_576)


def test_a_client_that_goes_away_leaves_nothing_behind(broker: Broker, topic: str) -> None:
    async def act(acceptor: KafkaAcceptor) -> None:
        gone = asyncio.create_task(acceptor.accept(_body([event(0)])))
        await asyncio.sleep(0)
        gone.cancel()
        await acceptor.accept(_body([event(1)]))
        await acceptor.drain(WAIT_S)
        assert gone.cancelled()
        assert acceptor.fill() == 0

    _run(broker.bootstrap_servers, topic, act)
    assert len(read_records(broker, topic)) == 2


def test_a_drain_finishes_what_waits_and_takes_nothing_more(broker: Broker, topic: str) -> None:
    async def act(acceptor: KafkaAcceptor) -> None:
        waiting = [asyncio.create_task(acceptor.accept(_body([event(number)]))) for number in range(20)]
        await asyncio.sleep(0)
        await acceptor.drain(WAIT_S)
        assert [task.result().accepted for task in waiting] == [1] * 20
        with pytest.raises(TryLater, match="stopping"):
            await acceptor.accept(_body([event(21)]))

    _run(broker.bootstrap_servers, topic, act)
    assert len(read_records(broker, topic)) == 20


def test_a_drain_without_a_broker_ends_and_says_so() -> None:
    async def act(acceptor: KafkaAcceptor) -> None:
        waiting = asyncio.create_task(acceptor.accept(_body([event(0)])))
        await asyncio.sleep(0)
        with pytest.raises(TryLater, match="not_drained"):
            await acceptor.drain(0.1)
        with pytest.raises(TryLater, match="kafka_unavailable"):
            await waiting

    _run(f"127.0.0.1:{free_port()}", "none", act)
