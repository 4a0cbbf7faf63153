"""A broker's life: up, down in order, down by force, frozen, and back with what it had."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from analytics_hub.domain.errors import Broken, Conflict
from analytics_hub.settings import BrokerSettings
from ingest.broker.process import Broker, open_broker
from ingest.kafka.topics import admin_client, cluster_id, ensure_topics
from tests.support.broker import WAIT_S, a_broker, broker_settings

OwnBroker = Callable[[], Broker]

# Starts a broker, says its process id, and waits to be killed.
HOLDER = """
    import sys
    from pathlib import Path
    from tests.support.broker import a_broker
    with a_broker(Path(sys.argv[1])) as broker:
        print("pid", broker.pid, flush=True)
        sys.stdin.readline()
"""


def write(broker: Broker, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "acks": "all"})
    faults: list[object] = []
    producer.produce(topic, value, partition=0, on_delivery=lambda fault, _: faults.append(fault))
    assert producer.flush(WAIT_S) == 0
    assert faults == [None]


def read(broker: Broker, topic: str, count: int) -> list[bytes | None]:
    """The first messages of partition 0."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "unused"})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        return [message.value() for message in consumer.consume(count, WAIT_S)]
    finally:
        consumer.close()


def test_a_message_comes_back_out(broker: Broker, topic: str) -> None:
    write(broker, topic, b"one call")
    assert read(broker, topic, 1) == [b"one call"]


def test_an_acknowledged_message_outlives_kill_9_at_the_same_address(own_broker: OwnBroker) -> None:
    broker = own_broker()
    ensure_topics(broker.bootstrap_servers, ["kept"], 1, wait_s=WAIT_S)
    write(broker, "kept", b"before")
    address, first_pid = broker.bootstrap_servers, broker.pid
    broker.kill()
    assert broker.pid is None
    broker.start()
    assert (broker.bootstrap_servers, broker.pid == first_pid) == (address, False)
    write(broker, "kept", b"after")
    assert read(broker, "kept", 2) == [b"before", b"after"]


def test_a_directory_keeps_topics_and_cluster_for_the_next_broker(tmp_path: Path) -> None:
    with a_broker(tmp_path) as broker:
        ensure_topics(broker.bootstrap_servers, ["kept"], 1, wait_s=WAIT_S)
        write(broker, "kept", b"before")
        cluster = cluster_id(admin_client(broker.bootstrap_servers), WAIT_S)
    with a_broker(tmp_path) as broker:
        assert cluster_id(admin_client(broker.bootstrap_servers), WAIT_S) == cluster
        assert read(broker, "kept", 1) == [b"before"]


def test_a_stop_is_clean_and_can_be_repeated(own_broker: OwnBroker) -> None:
    broker = own_broker()
    broker.stop()
    broker.stop()
    assert broker.pid is None
    assert re.search(
        r"KafkaRaftServer .*shut down|App info kafka.server", broker.files.server_log.read_text()
    )
    assert (broker.files.log_dirs / ".kafka_cleanshutdown").exists()


def test_a_directory_has_one_broker(broker: Broker) -> None:
    with pytest.raises(Conflict, match="broker_in_use"), a_broker(broker.files.directory):
        pass


def test_a_taken_port_is_told(broker: Broker, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="port_taken"), a_broker(tmp_path, broker.port):
        pass


def test_a_frozen_broker_is_silent_until_it_is_thawed_and_can_be_stopped(own_broker: OwnBroker) -> None:
    broker = own_broker()
    broker.freeze()
    assert cluster_id(admin_client(broker.bootstrap_servers), 0.5) is None
    broker.thaw()
    assert cluster_id(admin_client(broker.bootstrap_servers), WAIT_S) is not None
    broker.freeze()
    broker.stop()
    assert (broker.files.log_dirs / ".kafka_cleanshutdown").exists()


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    with a_broker(tmp_path) as broker:
        broker.stop()
        meta = broker.files.log_dirs / "meta.properties"
        meta.write_text(meta.read_text().replace("node.id=1", "node.id=7"))
        with pytest.raises(Broken, match=r"(?s)broker_died.*node.id"):
            broker.start()


def test_a_broker_dies_with_a_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert parent.stdout is not None
        pid = int(next(line for line in parent.stdout if line.startswith("pid ")).split()[1])
        child = psutil.Process(pid)
        os.kill(parent.pid, signal.SIGKILL)
        child.wait(WAIT_S)
        assert not child.is_running()
    finally:
        parent.kill()
        parent.communicate(timeout=WAIT_S)


def test_no_broker_is_started_for_settings_that_cannot_be(tmp_path: Path) -> None:
    settings: BrokerSettings = broker_settings(tmp_path / "a,b")
    with pytest.raises(Exception, match="bad_data_dir"), open_broker(settings):
        pass
