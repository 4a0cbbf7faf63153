"""A fresh topic, a fresh database with one tenant: what every test of the stream begins with."""

from collections.abc import Iterator

import pytest

from ingest.broker.process import Broker
from tests.support.broker import PARTITIONS
from tests.support.database import Database
from tests.support.ingest import PostgresStored
from tests.support.stream import Topic


@pytest.fixture
def stream(broker: Broker, topic: str) -> Topic:
    return Topic(broker.bootstrap_servers, topic, PARTITIONS)


@pytest.fixture
def stored(db: Database) -> Iterator[PostgresStored]:
    one = PostgresStored(db)
    yield one
    one.close()
