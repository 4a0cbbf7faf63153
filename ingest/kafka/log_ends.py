"""How far the log reaches, and how old a message in it is: for a board, without joining any group.

In: the cluster's addresses, topics, offsets. Out: `LogPartition`s by the same key as `hub.ingest_offsets`, and the ages
of single messages. The worker's own figures come from its consumer (`source.py`).
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec  # typed nowhere else

from analytics_hub.domain.clock import Clock, unix_us
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.status import LogPartition
from analytics_hub.settings import KafkaSettings
from ingest.kafka.partition_key import partition_key
from ingest.kafka.security import security_config
from ingest.kafka.topics import admin_client, cluster_id

_POLL_S: Final = 0.2
# A partition that is new, or whose leader has just changed: another one answers soon.
_MOVING: Final = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)


def log_partitions(kafka: KafkaSettings, wait_s: float) -> list[LogPartition]:
    """Every partition of our topics. Raises TryLater when the cluster does not tell within the time."""
    admin = admin_client(kafka.bootstrap_servers, security_config(kafka))
    ends_s = time.monotonic() + wait_s
    while True:
        try:
            return _asked(admin, [kafka.topic, *kafka.direct_slugs()], max(0.1, ends_s - time.monotonic()))
        except (KafkaException, TimeoutError) as error:
            if _is_moving(error) and time.monotonic() < ends_s:
                time.sleep(_POLL_S)
                continue
            reason = error.args[0].str() if isinstance(error, KafkaException) else "no answer in time"
            raise TryLater("kafka_silent", f"Kafka at {kafka.bootstrap_servers}: {reason}") from error


def message_ages_s(
    kafka: KafkaSettings, offsets: Mapping[LogPartition, int], wait_s: float, clock: Clock
) -> Mapping[LogPartition, float]:
    """Age of the message at each offset, by the record's own timestamp; those not read in time are left out."""
    if not offsets:
        return {}
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": f"{kafka.group}-status",  # asked for by the client, never joined: partitions are assigned
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": 1_000_000,
            "log_level": 0,
            **security_config(kafka),
        }
    )
    wanted = {(one.topic, one.number): one for one in offsets}
    try:
        consumer.assign([TopicPartition(one.topic, one.number, at) for one, at in offsets.items()])
        return _ages(consumer, wanted, time.monotonic() + wait_s, clock)
    finally:
        consumer.close()


def _ages(
    consumer: Consumer, wanted: dict[tuple[str, int], LogPartition], ends_s: float, clock: Clock
) -> Mapping[LogPartition, float]:
    ages: dict[LogPartition, float] = {}
    while len(ages) < len(wanted) and time.monotonic() < ends_s:
        message = consumer.poll(_POLL_S)
        if message is None or message.error() is not None:
            continue
        topic, number = message.topic(), message.partition()
        assert topic is not None  # of a record both are known
        assert number is not None
        one = wanted[topic, number]
        if one not in ages:
            ages[one] = max(0.0, unix_us(clock.now()) / 1e6 - message.timestamp()[1] / 1e3)
            consumer.pause([TopicPartition(topic, number)])
    return ages


def _is_moving(error: Exception) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in _MOVING


def _asked(admin: AdminClient, topics: Sequence[str], wait_s: float) -> list[LogPartition]:
    cluster = cluster_id(admin, wait_s)
    if cluster is None:
        raise TimeoutError
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=wait_s)
    found = {topic: described[topic].result(wait_s + 1) for topic in topics}
    pairs = [TopicPartition(topic, one.id) for topic, about in found.items() for one in about.partitions]
    firsts = _offsets(admin, pairs, OffsetSpec.earliest(), wait_s)  # type: ignore[no-untyped-call]
    ends = _offsets(admin, pairs, OffsetSpec.latest(), wait_s)  # type: ignore[no-untyped-call]
    return [
        LogPartition(
            partition_key(cluster, found[topic].topic_id, number),
            topic,
            number,
            firsts[topic, number],
            ends[topic, number],
        )
        for topic, number in sorted(ends)
    ]


def _offsets(
    admin: AdminClient, pairs: Iterable[TopicPartition], which: OffsetSpec, wait_s: float
) -> dict[tuple[str, int], int]:
    answers = admin.list_offsets(
        dict.fromkeys(pairs, which), isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=wait_s
    )
    return {
        (pair.topic, pair.partition): answer.result(wait_s + 1).offset for pair, answer in answers.items()
    }
