"""What a real broker says of its log: ends, beginnings, the age of a message."""

import pytest
from confluent_kafka import Producer

from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.settings import KafkaSettings
from ingest.broker.ports import free_port
from ingest.broker.process import Broker
from ingest.kafka.log_ends import log_partitions, message_ages_s
from tests.support.broker import PARTITIONS, WAIT_S


def settings(broker: Broker, topic: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=broker.bootstrap_servers, topic=topic)


def produce(broker: Broker, topic: str, messages: int, timestamp_ms: int = 0) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    for _ in range(messages):
        producer.produce(topic, b"{}", partition=2, timestamp=timestamp_ms)
    assert producer.flush(WAIT_S) == 0


def test_every_partition_is_told_with_its_ends(broker: Broker, topic: str) -> None:
    produce(broker, topic, 3)
    found = log_partitions(settings(broker, topic), WAIT_S)
    assert [(one.topic, one.number) for one in found] == [(topic, number) for number in range(PARTITIONS)]
    assert [(one.first_offset, one.end_offset) for one in found if one.number == 2] == [(0, 3)]
    assert sum(one.end_offset for one in found) == 3


def test_keys_are_those_of_the_worker(broker: Broker, topic: str) -> None:
    keys = {one.partition_key for one in log_partitions(settings(broker, topic), WAIT_S)}
    assert len(keys) == PARTITIONS
    assert all(key.startswith("kafka:") and topic not in key for key in keys)


def test_a_message_has_the_age_of_its_record(broker: Broker, topic: str) -> None:
    produce(broker, topic, 1, timestamp_ms=1_700_000_000_000)
    produce(broker, topic, 1)
    kafka = settings(broker, topic)
    (one,) = [one for one in log_partitions(kafka, WAIT_S) if one.number == 2]
    assert message_ages_s(kafka, {one: 0}, WAIT_S, SystemClock())[one] > 86_400
    assert message_ages_s(kafka, {one: 1}, WAIT_S, SystemClock())[one] < 3_600


def test_a_message_that_is_not_there_has_no_age(broker: Broker, topic: str) -> None:
    kafka = settings(broker, topic)
    (one,) = [one for one in log_partitions(kafka, WAIT_S) if one.number == 2]
    assert message_ages_s(kafka, {one: 0}, 0.5, SystemClock()) == {}


def test_a_broker_that_is_not_there_is_told_in_time() -> None:
    kafka = KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}")
    with pytest.raises(TryLater, match="kafka_silent"):
        log_partitions(kafka, 0.5)


def test_a_topic_that_is_not_there_is_told(broker: Broker) -> None:
    with pytest.raises(TryLater, match="kafka_silent"):
        log_partitions(settings(broker, "no-such-topic"), WAIT_S)
