"""A producer whose client can never send again takes a new one, and answers who waited."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError

from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.settings import KafkaSettings, ProducerSettings
from ingest.kafka.producer import Delivery, Outgoing, StreamProducer

MESSAGE = Outgoing(b"7/0", b"{}", [("tenant", b"7")], 0)
Report = Callable[[KafkaError | None, object], None]


class Client:
    """Behaves as the Kafka client does; a fatal one holds what it is given until it is purged."""

    def __init__(self, config: dict[str, Any], fatal: KafkaError | None) -> None:
        self._on_error = config["error_cb"]
        self._fatal = fatal
        self._held: list[Report] = []
        self._reports: list[tuple[Report, KafkaError | None]] = []
        self._come = threading.Event()

    def produce(self, *_: Any, on_delivery: Report, **__: Any) -> None:
        if self._fatal is None:
            self._reports.append((on_delivery, None))
        else:
            self._held.append(on_delivery)
        self._come.set()

    def poll(self, wait_s: float) -> int:
        self._come.wait(wait_s)
        self._come.clear()
        if self._fatal is not None and self._held:
            self._on_error(self._fatal)
        return self._served()

    def purge(self) -> None:
        self._reports += [(report, KafkaError(KafkaError._PURGE_QUEUE)) for report in self._held]
        self._held.clear()

    def flush(self, _: float) -> int:
        self._served()
        return len(self._held)

    def _served(self) -> int:
        reports, self._reports = self._reports, []
        for report, error in reports:
            report(error, None)
        return len(reports)


class Clients:
    """The first client is broken, all others work."""

    def __init__(self, fatal: KafkaError) -> None:
        self._fatal = fatal
        self.made = 0

    def __call__(self, config: dict[str, Any]) -> Any:
        self.made += 1
        return Client(config, self._fatal if self.made == 1 else None)


@pytest.mark.parametrize(
    "fatal",
    [KafkaError(KafkaError._FATAL, "lost its place"), KafkaError(KafkaError._STATE, "lost", fatal=True)],
    ids=["by code", "by flag"],
)
def test_a_fatal_client_is_replaced(fatal: KafkaError) -> None:
    clients = Clients(fatal)

    async def main() -> None:
        producer = StreamProducer(KafkaSettings(), ProducerSettings(), clients)
        with pytest.raises(TryLater, match="kafka_unavailable"):
            await _sent(producer)
        assert producer.fill() == 0
        await _sent(producer)
        await asyncio.to_thread(producer.close, 1)

    asyncio.run(main())
    assert clients.made == 2


def test_settings_that_the_client_refuses_are_the_operators_fault() -> None:
    with pytest.raises(Broken, match="bad_kafka_settings"):
        StreamProducer(KafkaSettings(), ProducerSettings.model_construct(linger_ms=-5))


async def _sent(producer: StreamProducer) -> None:
    delivery = Delivery(asyncio.get_running_loop())
    delivery.expect(2)
    producer.send(delivery, [MESSAGE, MESSAGE])
    await delivery.wait(10)
