"""A real Kafka broker for tests, and topics on it.

In: a folder. Out: a broker on a free port (`a_broker`), and names of topics that no other test uses.
The jars come through Maven into the user's cache, the first time only. Formatting a directory is a JVM of its own: it
is done once a process, and every further broker begins with a copy under another cluster id.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics_hub.settings import BrokerSettings
from ingest.broker.config import broker_files
from ingest.broker.process import Broker, new_cluster_id, open_broker
from ingest.kafka.topics import delete_topic, ensure_topics

WAIT_S = 180.0
PARTITIONS = 6
_FORMATTED: dict[str, bytes] = {}
"""What formatting wrote, by file."""


def broker_settings(folder: Path, port: int = 0) -> BrokerSettings:
    return BrokerSettings(data_dir=folder, port=port, start_s=WAIT_S)


@contextmanager
def a_broker(folder: Path, port: int = 0) -> Iterator[Broker]:
    """A running broker with its data in this folder, stopped at the end of the block."""
    settings = broker_settings(folder, port)
    _format(broker_files(folder).log_dirs)
    with open_broker(settings, print) as broker:
        if not _FORMATTED:
            names = ("meta.properties", "bootstrap.checkpoint")
            _FORMATTED.update((name, (broker.files.log_dirs / name).read_bytes()) for name in names)
        yield broker


def _format(directory: Path) -> None:
    if not _FORMATTED or directory.exists():
        return
    directory.mkdir()
    for name, content in _FORMATTED.items():
        own = re.sub(rb"(?m)^cluster\.id=.*$", f"cluster.id={new_cluster_id()}".encode(), content)
        (directory / name).write_bytes(own if name == "meta.properties" else content)


@contextmanager
def a_topic(broker: Broker, partitions: int = PARTITIONS) -> Iterator[str]:
    """A fresh topic, deleted at the end of the block."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    ensure_topics(broker.bootstrap_servers, [name], partitions, wait_s=WAIT_S)
    yield name
    delete_topic(broker.bootstrap_servers, name, wait_s=WAIT_S)
