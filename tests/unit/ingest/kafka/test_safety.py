"""What a topic's shape means for the promise."""

from dataclasses import replace

import pytest

from analytics_hub.settings import KafkaSettings, ProducerSettings
from ingest.kafka.safety import Finding, TopicShape, judge, judge_ours

SAFE = TopicShape(
    "llm-events",
    partitions=6,
    copies=3,
    config={
        "cleanup.policy": "delete",
        "unclean.leader.election.enable": "false",
        "min.insync.replicas": "2",
        "max.message.bytes": "1048588",
    },
)


def _judged(shape: TopicShape) -> list[Finding]:
    return [*judge(shape), *judge_ours(shape, KafkaSettings(), ProducerSettings())]


def test_the_defaults_fit_a_safe_topic() -> None:
    assert _judged(SAFE) == []


@pytest.mark.parametrize(
    ("name", "value", "kind", "said"),
    [
        ("cleanup.policy", "compact,delete", "fault", "compacted"),
        ("unclean.leader.election.enable", "true", "fault", "unclean leader"),
        ("min.insync.replicas", "1", "weakness", "min.insync.replicas 1"),
        ("max.message.bytes", "1000000", "fault", "takes 1,000,000 bytes"),
    ],
)
def test_a_setting_of_the_topic_is_found(name: str, value: str, kind: str, said: str) -> None:
    [finding] = _judged(replace(SAFE, config={**SAFE.config, name: value}))
    assert finding.kind == kind
    assert said in finding.text


def test_too_few_copies_are_a_weakness() -> None:
    [finding] = _judged(replace(SAFE, copies=2))
    assert (finding.kind, "has 2 of 3 copies" in finding.text) == ("weakness", True)


def test_another_number_of_partitions_is_a_weakness() -> None:
    [finding] = _judged(replace(SAFE, partitions=12))
    assert (finding.kind, "has 12 partitions" in finding.text) == ("weakness", True)
