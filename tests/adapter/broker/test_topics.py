"""Topics of a real cluster: made once, checked after, by one or by two at a time."""

import threading
import uuid
from collections.abc import Callable

import pytest
from confluent_kafka.admin._config import ConfigResource, ConfigSource
from confluent_kafka.admin._resource import ResourceType

from analytics_hub.domain.errors import Broken, Conflict, TryLater
from ingest.broker.ports import free_port
from ingest.broker.process import Broker
from ingest.kafka import topics
from ingest.kafka.topics import admin_client, delete_topic, ensure_topics, topic_partitions
from tests.support.broker import PARTITIONS, WAIT_S


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def test_a_topic_has_the_partitions_that_were_asked_for(broker: Broker, name: str) -> None:
    ensure_topics(broker.bootstrap_servers, [name], 3, wait_s=WAIT_S)
    assert topic_partitions(broker.bootstrap_servers, WAIT_S)[name] == 3


def test_asking_again_changes_nothing(broker: Broker, topic: str) -> None:
    ensure_topics(broker.bootstrap_servers, [topic, topic], PARTITIONS, wait_s=WAIT_S)
    assert topic_partitions(broker.bootstrap_servers, WAIT_S)[topic] == PARTITIONS


def test_two_who_make_a_topic_at_once_both_have_it(broker: Broker, name: str) -> None:
    done: list[str] = []

    def make() -> None:
        ensure_topics(broker.bootstrap_servers, [name], 2, wait_s=WAIT_S)
        done.append(name)

    both = [threading.Thread(target=make) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(WAIT_S)
    assert done == [name, name]


def test_another_number_of_partitions_is_a_conflict(broker: Broker, topic: str) -> None:
    with pytest.raises(Conflict, match="topic_partitions"):
        ensure_topics(broker.bootstrap_servers, [topic], PARTITIONS + 1, wait_s=WAIT_S)


def test_more_copies_than_nodes_are_refused(broker: Broker, name: str) -> None:
    with pytest.raises(Broken, match="topic_not_made"):
        ensure_topics(broker.bootstrap_servers, [name], 1, replicas=3, wait_s=WAIT_S)


def test_a_write_needs_all_copies_but_one(broker: Broker, topic: str) -> None:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    admin = admin_client(broker.bootstrap_servers)
    config = admin.describe_configs([resource])[resource].result(WAIT_S)["min.insync.replicas"]
    # Said for this topic, not the broker's default, which is 1 on a cluster too.
    assert (config.value, config.source) == ("1", ConfigSource.DYNAMIC_TOPIC_CONFIG.value)


def test_a_topic_that_is_not_there_cannot_be_deleted(broker: Broker, name: str) -> None:
    with pytest.raises(Broken, match="topic_not_deleted"):
        delete_topic(broker.bootstrap_servers, name, wait_s=WAIT_S)


def test_a_cluster_that_does_not_answer_is_given_up_at_the_deadline(name: str) -> None:
    with pytest.raises(TryLater, match="kafka_silent"):
        ensure_topics(f"127.0.0.1:{free_port()}", [name], 1, wait_s=0.5)


def test_a_deletion_that_a_frozen_broker_never_answered_is_asked_for_again(
    own_broker: Callable[[], Broker], monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = own_broker()
    ensure_topics(broker.bootstrap_servers, ["gone"], 1, wait_s=WAIT_S)
    monkeypatch.setattr(topics, "_DELETE_S_MAX", 1.0)
    broker.freeze()
    thawing = threading.Timer(2.0, broker.thaw)
    thawing.start()
    delete_topic(broker.bootstrap_servers, "gone", wait_s=WAIT_S)
    thawing.join()
    # Asked of the controller: what a broker tells of itself follows a little later.
    with pytest.raises(Broken, match="topic_not_deleted"):
        delete_topic(broker.bootstrap_servers, "gone", wait_s=WAIT_S)
