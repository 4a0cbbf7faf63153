"""Findings about the topics of a real cluster."""

from analytics_hub.settings import KafkaSettings, ProducerSettings
from ingest.broker.ports import free_port
from ingest.broker.process import Broker
from ingest.kafka.safety import topic_findings
from tests.support.broker import PARTITIONS


def _kafka(bootstrap_servers: str, topic: str, **more: object) -> KafkaSettings:
    return KafkaSettings.model_validate(
        {"bootstrap_servers": bootstrap_servers, "topic": topic, "admin_wait_s": 5.0, **more}
    )


def test_a_topic_of_one_node_works_and_is_weak(broker: Broker, topic: str) -> None:
    kafka = _kafka(broker.bootstrap_servers, topic, partitions=PARTITIONS)
    findings = topic_findings(kafka, ProducerSettings())
    assert [finding.kind for finding in findings] == ["weakness", "weakness"]
    assert "has 1 of 3 copies" in findings[0].text
    assert "min.insync.replicas 1" in findings[1].text


def test_a_topic_that_is_missing_is_a_fault(broker: Broker, topic: str) -> None:
    kafka = _kafka(broker.bootstrap_servers, topic, direct_topics="nobody-made-this=acme")
    faults = [finding for finding in topic_findings(kafka, ProducerSettings()) if finding.kind == "fault"]
    assert ["topic nobody-made-this" in fault.text for fault in faults] == [True]


def test_a_cluster_that_is_silent_is_a_fault() -> None:
    kafka = _kafka(f"127.0.0.1:{free_port()}", "llm-events", admin_wait_s=1.0)
    [finding] = topic_findings(kafka, ProducerSettings())
    assert finding.kind == "fault"
    assert "llm-events" in finding.text
