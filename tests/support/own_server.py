"""A PostgreSQL of one test's own, to be stopped, started again and frozen.

In: the fixture `data_dir`. Out: a durable server and a migrated database in it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from psycopg.conninfo import make_conninfo

from analytics_hub.storage.embedded import Server, embedded_server
from analytics_hub.storage.migrate import bootstrap, migrate
from analytics_hub.storage.server_pids import postmaster_pid
from tests.support.database import Database

WAIT_S = 180.0


@contextmanager
def a_server(folder: Path) -> Iterator[Server]:
    """A server of the test's own, to be stopped and frozen; durable, because that is what is asked about."""
    with embedded_server(folder, wait_s=WAIT_S) as server:
        yield server


def prepared(server: Server) -> Database:
    bootstrap(server.admin_dsn(), "hub")
    migrate(server.dsn("hub_owner"))
    return Database(make_conninfo(server.admin_dsn(), dbname="hub"), "hub")


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """The postmaster and all of its processes do nothing, as on a machine that thrashes: nothing is refused or
    closed.
    """
    pid = postmaster_pid(server.files)
    assert pid is not None
    master = psutil.Process(pid)
    # The master first, so that it cannot start another one meanwhile.
    master.send_signal(signal.SIGSTOP)
    stopped = [master, *master.children(recursive=True)]
    for process in stopped[1:]:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):  # who woke first may have ended another
                process.send_signal(signal.SIGCONT)
