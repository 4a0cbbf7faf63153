"""Is a topic fit for the promise "acknowledged is stored, once"? What `hub check` asks of a cluster.

In: the settings. Out: findings. A fault refuses or loses events as things are; a weakness does so when a machine dies.
Making topics is `topics.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource  # typed nowhere else
from confluent_kafka.admin._resource import ResourceType

from analytics_hub.settings import KafkaSettings, ProducerSettings
from ingest.kafka.security import security_config
from ingest.kafka.topics import admin_client

COPIES_WANTED: Final = 3
IN_SYNC_WANTED: Final = 2
_ENVELOPE_BYTES: Final = 200  # what Kafka puts around a single message before it is measured


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about a topic."""

    kind: Literal["fault", "weakness"]
    text: str


@dataclass(frozen=True, slots=True)
class TopicShape:
    """A topic as the cluster describes it."""

    name: str
    partitions: int
    copies: int
    """Of the partition that has the fewest."""
    config: Mapping[str, str]


def topic_findings(kafka: KafkaSettings, producer: ProducerSettings) -> list[Finding]:
    """What is wrong with our topic and those that are bound to a tenant. A cluster that is silent is a fault, too."""
    admin = admin_client(kafka.bootstrap_servers, security_config(kafka))
    findings: list[Finding] = []
    for topic in (kafka.topic, *kafka.direct_slugs()):
        try:
            shape = describe(admin, topic, kafka.admin_wait_s)
        except (KafkaException, TimeoutError) as error:
            reason = error.args[0].str() if isinstance(error, KafkaException) else "no answer"
            findings.append(Finding("fault", f"topic {topic} at {kafka.bootstrap_servers}: {reason}"))
            continue
        findings += judge(shape)
        if topic == kafka.topic:
            findings += judge_ours(shape, kafka, producer)
    return findings


def describe(admin: AdminClient, topic: str, wait_s: float) -> TopicShape:
    """Raises KafkaException when there is no such topic, TimeoutError when nobody answers."""
    described = admin.describe_topics(TopicCollection([topic]), request_timeout=wait_s)
    resource = ConfigResource(ResourceType.TOPIC, topic)
    configs = admin.describe_configs([resource], request_timeout=wait_s)
    partitions = described[topic].result(wait_s + 1).partitions
    config = configs[resource].result(wait_s + 1)
    return TopicShape(
        topic,
        len(partitions),
        min(len(partition.replicas) for partition in partitions),
        {name: str(entry.value) for name, entry in config.items()},
    )


def judge(shape: TopicShape) -> Iterator[Finding]:
    """What holds for every topic that we read."""
    if "compact" in shape.config["cleanup.policy"]:
        yield Finding(
            "fault", f"topic {shape.name} is compacted: of a key's events only the last would be kept"
        )
    if shape.config["unclean.leader.election.enable"] == "true":
        yield Finding(
            "fault", f"topic {shape.name} may elect an unclean leader, which loses acknowledged events"
        )
    if shape.copies < COPIES_WANTED:
        yield Finding("weakness", f"topic {shape.name} has {shape.copies} of {COPIES_WANTED} copies")
    in_sync = int(shape.config["min.insync.replicas"])
    if in_sync < IN_SYNC_WANTED:
        yield Finding(
            "weakness",
            f"topic {shape.name} acknowledges with min.insync.replicas {in_sync}, {IN_SYNC_WANTED} are safe",
        )


def judge_ours(shape: TopicShape, kafka: KafkaSettings, producer: ProducerSettings) -> Iterator[Finding]:
    """What holds for the topic that the collector writes to."""
    taken_bytes = int(shape.config["max.message.bytes"])
    if taken_bytes < producer.message_bytes_max + _ENVELOPE_BYTES:
        yield Finding(
            "fault",
            f"topic {shape.name} takes {taken_bytes:,} bytes a message (max.message.bytes), "
            f"HUB_PRODUCER_MESSAGE_BYTES_MAX sends up to {producer.message_bytes_max:,}",
        )
    if shape.partitions != kafka.partitions:
        yield Finding(
            "weakness",
            f"topic {shape.name} has {shape.partitions} partitions, HUB_KAFKA_PARTITIONS says {kafka.partitions}",
        )
