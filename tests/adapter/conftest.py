"""Fixtures of the adapter tests beyond tests/conftest.py: the second engine.

timescale_db    as `db`, on the server that HUB_TEST_TIMESCALE_DSN names (a superuser's address)
"""

import os
from collections.abc import Iterator

import pytest

from tests.support.database import Database, drop, make_template


@pytest.fixture
def timescale_db() -> Iterator[Database]:
    # Migrated anew for each test: TimescaleDB's workers sit in every database, and one in use is no template.
    server_dsn = os.environ.get("HUB_TEST_TIMESCALE_DSN")
    if not server_dsn:
        pytest.skip(
            "HUB_TEST_TIMESCALE_DSN is not set: a superuser's address of a server with timescaledb loaded"
        )
    database = make_template(server_dsn)
    yield database
    drop(server_dsn, database.name)
