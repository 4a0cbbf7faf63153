"""A sink with a look behind it: `stored` runs a test on both, `postgres` on the real one only."""

from collections.abc import Iterator
from typing import cast

import pytest

from ingest.memory import MemorySink
from tests.support.database import Database
from tests.support.ingest import MemoryStored, PostgresStored, Stored


@pytest.fixture
def postgres(db: Database) -> Iterator[PostgresStored]:
    stored = PostgresStored(db)
    yield stored
    stored.close()


@pytest.fixture(params=["memory", "postgres"])
def stored(request: pytest.FixtureRequest) -> Stored:
    if request.param == "memory":
        return MemoryStored(MemorySink())
    return cast(PostgresStored, request.getfixturevalue("postgres"))
