"""`hub kafka` as a person uses it: up, listed, stopped by Ctrl-C, and told what is missing."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ingest.broker.process import Broker
from tests.support.broker import WAIT_S
from tests.support.command import COMMAND, environment, hub


@contextmanager
def running(data_dir: Path, *arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`hub kafka up` once it is ready, with the line that says so."""
    command = [*COMMAND, "kafka", "up", "--data-dir", str(data_dir), "--port", "0", *arguments]
    process = subprocess.Popen(command, env=environment(None, **variables), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_S)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_broker_comes_up_with_its_topics_and_is_stopped_in_order(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path, "--partitions", "3", HUB_KAFKA_TOPIC="calls") as (process, ready):
        assert "calls (3 partitions)" in ready
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 1
        process.send_signal(number)
        assert process.wait(WAIT_S) == 0
        assert not children[0].is_running()
    assert (tmp_path / "topics" / ".kafka_cleanshutdown").exists()


def test_a_fetch_says_where_the_jars_are(broker: Broker) -> None:
    fetched = hub(None, "kafka", "fetch")
    assert fetched.returncode == 0, fetched.stderr
    assert list(Path(fetched.stdout.strip()).glob("kafka_2.13-*.jar"))


def test_topics_are_made_and_listed(broker: Broker) -> None:
    made = hub(
        None,
        "kafka",
        "topics",
        "--create",
        "--json",
        HUB_KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap_servers,
        HUB_KAFKA_TOPIC="made-by-command",
        HUB_KAFKA_PARTITIONS="2",
        HUB_KAFKA_DIRECT_TOPICS="made-for-acme=acme",
    )
    assert made.returncode == 0, made.stderr
    listed = json.loads(made.stdout)
    assert (listed["made-by-command"], listed["made-for-acme"]) == (2, 2)


def test_another_number_of_partitions_is_refused(broker: Broker, topic: str) -> None:
    refused = hub(
        None,
        "kafka",
        "topics",
        "--create",
        HUB_KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap_servers,
        HUB_KAFKA_TOPIC=topic,
        HUB_KAFKA_PARTITIONS="9",
    )
    assert refused.returncode == 1
    assert "topic_partitions" in refused.stderr


def test_a_silent_cluster_is_told_within_the_deadline() -> None:
    silent = hub(
        None, "kafka", "topics", HUB_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", HUB_KAFKA_ADMIN_WAIT_S="0.5"
    )
    assert silent.returncode == 75
    assert "kafka_silent" in silent.stderr
