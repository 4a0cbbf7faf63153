"""A real Kafka broker for tests, and topics on it.

In: a folder. Out: a broker on a free port (`a_broker`), and names of topics that no other test uses.
The jars come through Maven into the user's cache, the first time only.
"""

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from analytics_hub.settings import BrokerSettings
from ingest.broker.process import Broker, open_broker
from ingest.kafka.topics import delete_topic, ensure_topics

WAIT_S = 60.0
PARTITIONS = 6


def broker_settings(folder: Path, port: int = 0) -> BrokerSettings:
    return BrokerSettings(data_dir=folder, port=port, start_s=WAIT_S)


def a_broker(folder: Path, port: int = 0) -> AbstractContextManager[Broker]:
    """A running broker with its data in this folder, stopped at the end of the block."""
    return open_broker(broker_settings(folder, port), print)


@contextmanager
def a_topic(broker: Broker, partitions: int = PARTITIONS) -> Iterator[str]:
    """A fresh topic, deleted at the end of the block."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    ensure_topics(broker.bootstrap_servers, [name], partitions, wait_s=WAIT_S)
    yield name
    delete_topic(broker.bootstrap_servers, name, wait_s=WAIT_S)
