"""Readiness of the stream: a broker that answers for the topic, one that has no such topic, none at all."""

import asyncio

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.settings import KafkaSettings
from ingest.broker.ports import free_port
from ingest.broker.process import Broker
from ingest.kafka.ready import BrokerWatch
from tests.support.ingest import NOW


def watch(bootstrap_servers: str, topic: str, wait_s: float = 2.0) -> BrokerWatch:
    settings = KafkaSettings(bootstrap_servers=bootstrap_servers, topic=topic, admin_wait_s=wait_s)
    return BrokerWatch(settings, FixedClock(NOW))


def code_of(asked: BrokerWatch) -> str:
    async def check() -> None:
        await asked.check()

    with pytest.raises(TryLater) as refused:
        asyncio.run(check())
    return refused.value.code


def test_a_broker_that_has_the_topic_is_ready(broker: Broker, topic: str) -> None:
    asyncio.run(watch(broker.bootstrap_servers, topic, wait_s=30).check())


def test_a_topic_that_is_missing_is_not(broker: Broker) -> None:
    assert code_of(watch(broker.bootstrap_servers, "no-such-topic")) == "kafka_unavailable"


def test_without_a_broker_nobody_waits_long_and_the_answer_is_held() -> None:
    asked = watch(f"127.0.0.1:{free_port()}", "llm-events", wait_s=0.1)
    assert [code_of(asked), code_of(asked)] == ["kafka_unavailable"] * 2
