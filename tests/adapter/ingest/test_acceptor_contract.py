"""What every acceptor promises: through Kafka, or straight into the database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from analytics_hub.domain.clock import unix_us
from analytics_hub.domain.errors import TryLater
from analytics_hub.settings import CollectorSettings, IngestSettings, KafkaSettings, ProducerSettings
from ingest.group_commit import GroupCommit
from ingest.kafka.producer import StreamProducer
from ingest.kafka.sink import KafkaAcceptor
from ingest.memory import MemorySink
from ingest.ports import Acceptance, Acceptor, Submission
from rust_core import TenantRules
from tests.support.broker import WAIT_S
from tests.support.ingest import NOW, SETTINGS, decoder, event, events

MakeAcceptor = Callable[[], AbstractAsyncContextManager[Acceptor]]


@pytest.fixture(params=["group commit", "Kafka"])
def make(request: pytest.FixtureRequest) -> MakeAcceptor:
    sink = MemorySink()
    if request.param == "Kafka":
        broker, topic = request.getfixturevalue("broker"), request.getfixturevalue("topic")
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers, topic=topic)

    @asynccontextmanager
    async def made() -> AsyncIterator[Acceptor]:
        if request.param == "Kafka":
            settings = ProducerSettings()
            producer = StreamProducer(kafka, settings)
            try:
                yield KafkaAcceptor(producer, settings, SETTINGS.decode)
            finally:
                await asyncio.to_thread(producer.close, 0)
        else:
            yield GroupCommit(lambda: sink, decoder(), CollectorSettings(connections=1), IngestSettings())

    return made


def _submission(lines: list[bytes]) -> Submission:
    rules = TenantRules(7, "acme", 7 * 86_400 * 1_000_000, ())
    return Submission(rules, unix_us(NOW), b"\n".join(lines), "ndjson", request_id="request-1")


def _after_drain(make: MakeAcceptor, act: Callable[[Acceptor], Awaitable[Acceptance]]) -> Acceptance:
    async def main() -> Acceptance:
        async with make() as acceptor:
            answer = await act(acceptor)
            await acceptor.drain(WAIT_S)
            with pytest.raises(TryLater):
                await acceptor.accept(_submission(events(range(3))))
            assert acceptor.fill() == 0
            return answer

    return asyncio.run(main())


def test_events_are_judged_one_by_one(make: MakeAcceptor) -> None:
    body = _submission([event(0), b"{}", event(1, time="2026-01-01T00:00:00Z"), b"no", event(2)])
    answer = _after_drain(make, lambda acceptor: acceptor.accept(body))
    assert (answer.received, answer.accepted, answer.rejected) == (5, 2, 3)
    assert [(reject.ordinal, reject.code) for reject in answer.rejects] == [
        (1, "missing_id"),
        (2, "too_old"),
        (3, "invalid_json"),
    ]


def test_a_body_without_events_is_accepted_as_nothing(make: MakeAcceptor) -> None:
    answer = _after_drain(make, lambda acceptor: acceptor.accept(_submission([b"", b""])))
    assert (answer.received, answer.accepted, answer.rejected) == (0, 0, 0)


def test_many_at_once_are_each_answered_for_themselves(make: MakeAcceptor) -> None:
    async def act(acceptor: Acceptor) -> Acceptance:
        bodies = [_submission(events(range(100 * number, 101 * number))) for number in range(1, 30)]
        answers = await asyncio.gather(*map(acceptor.accept, bodies))
        assert [answer.accepted for answer in answers] == list(range(1, 30))
        return answers[0]

    assert _after_drain(make, act).accepted == 1


def test_a_body_is_acknowledged_again_when_it_is_sent_again(make: MakeAcceptor) -> None:
    async def act(acceptor: Acceptor) -> Acceptance:
        body = _submission(events(range(3)))
        await acceptor.accept(body)
        return await acceptor.accept(body)

    answer = _after_drain(make, act)
    assert answer.accepted == 3
    assert answer.duplicates == (3 if answer.stored else None)
