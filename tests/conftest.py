"""Fixtures of all tests: one real PostgreSQL server a session, a fresh database a test, on either engine.

server     the embedded server, in a folder of its own, without fsync
db         a migrated, empty database: db.writer_dsn, db.reader_dsn, db.connect(role), db.add_tenant(slug)
timescale_db   as `db`, on the server with TimescaleDB that HUB_TEST_TIMESCALE_DSN names (a superuser's address)
each_db    the test runs twice: as `db` on plain PostgreSQL and on TimescaleDB
raw_db     a bootstrapped database without any migration
data_dir   an empty folder that a server started by root can reach, for tests that start servers themselves
broker     one Kafka broker a session: broker.bootstrap_servers; never stop or kill it
topic      a fresh topic on it, of tests.support.broker.PARTITIONS partitions
own_broker a function that starts a broker of this test's own, to stop, kill and freeze; stopped at the end
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg.conninfo import make_conninfo

from analytics_hub.storage.embedded import Server, embedded_server
from analytics_hub.storage.migrate import bootstrap
from ingest.broker.process import Broker
from tests.support.broker import a_broker, a_topic
from tests.support.database import (
    Database,
    copy_of,
    drop,
    make_template,
    make_timescale_template,
    unique_name,
)

SERVER_START_S = 180

# A busy machine must not fail a property: pytest's own time-out bounds a test, not a clock on each example.
hypothesis_settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("hub")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Every command configures the logging of its process, also a command that runs in this one."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with _open_folder() as folder, embedded_server(folder, wait_s=SERVER_START_S, durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Server) -> Database:
    return make_template(server.admin_dsn())


@pytest.fixture
def db(template: Database) -> Iterator[Database]:
    with copy_of(template) as database:
        yield database


@pytest.fixture(scope="session")
def timescale_template() -> Iterator[Database]:
    server_dsn = os.environ.get("HUB_TEST_TIMESCALE_DSN")
    if not server_dsn:
        pytest.skip(
            "HUB_TEST_TIMESCALE_DSN is not set: a superuser's address of a server with timescaledb loaded"
        )
    database = make_timescale_template(server_dsn)
    yield database
    drop(server_dsn, database.name)


@pytest.fixture
def timescale_db(timescale_template: Database) -> Iterator[Database]:
    with copy_of(timescale_template) as database:
        yield database


@pytest.fixture(params=["plain", pytest.param("timescale", marks=pytest.mark.timescale)])
def each_db(request: pytest.FixtureRequest) -> Iterator[Database]:
    with copy_of(
        request.getfixturevalue("template" if request.param == "plain" else "timescale_template")
    ) as database:
        yield database


@pytest.fixture
def raw_db(server: Server) -> Iterator[Database]:
    name = unique_name("raw")
    bootstrap(server.admin_dsn(), name)
    yield Database(make_conninfo(server.admin_dsn(), dbname=name), name)
    drop(server.admin_dsn(), name)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with _open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with a_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def topic(broker: Broker) -> Iterator[str]:
    with a_topic(broker) as name:
        yield name


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Broker]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(a_broker(tmp_path_factory.mktemp("own-broker")))


@contextmanager
def _open_folder() -> Iterator[Path]:
    """A folder to be made below one that other users may pass through: pytest's own tmp_path is closed (0700)."""
    top = Path(tempfile.mkdtemp(prefix="hub-test-"))
    top.chmod(0o711)
    try:
        yield top / "data"
    finally:
        shutil.rmtree(top)
