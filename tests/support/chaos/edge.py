"""The collector of a chaos world: one process on one port, that dies and comes back under the same address.

In: addresses of database and topic, tenants. Out: a running `hub collector`, the simulator's way in, keys by tenant.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.tenancy.issue import issue_key
from ingest.simulator.http_target import HttpTarget
from tests.support.command import COMMAND, environment
from tests.support.database import Database
from tests.support.stream import Topic

START_S = 180.0
DIES_S = 180.0
ANSWER_S = 60.0
HOST = "127.0.0.1"


class Edge:
    """Started and stopped by whoever holds it; killed when the block ends."""

    def __init__(self, database: Database, topic: Topic, tenants: Mapping[str, int], log: Path) -> None:
        self._database = database
        self._topic = topic
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = int(probe.getsockname()[1])
        with database.connect("hub_maint") as conn:
            book = PostgresKeyBook(conn)
            self.keys = {
                slug: issue_key(book, TenantId(number), [Scope.INGEST]).text
                for slug, number in tenants.items()
            }

    def __enter__(self) -> "Edge":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def target(self) -> HttpTarget:
        """For one sending thread."""
        return HttpTarget(f"http://{HOST}:{self.port}", self.keys, ANSWER_S)

    def start(self, failpoints: str = "") -> None:
        """Returns when it listens, or has died of its failpoint already."""
        assert self._process is None
        settings = {
            "HUB_KAFKA_BOOTSTRAP_SERVERS": self._topic.bootstrap_servers,
            "HUB_KAFKA_TOPIC": self._topic.name,
            "HUB_COLLECTOR_PORT": str(self.port),
            "HUB_FAILPOINTS": failpoints,
        }
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [*COMMAND, "collector"], stdout=out, stderr=out, env=environment(self._database, **settings)
            )
        ends_s = time.monotonic() + START_S
        while self._process.poll() is None:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < ends_s, f"the collector does not listen\n{self.said()}"
                time.sleep(0.05)
            else:
                return

    def await_death(self) -> None:
        """Until its failpoint has killed it. Raises AssertionError when it ends otherwise, or not at all."""
        assert self._process is not None
        try:
            status: int | None = self._process.wait(DIES_S)
        except subprocess.TimeoutExpired:
            status = None
        assert status == -signal.SIGKILL, f"the collector ended with {status}\n{self.said()}"
        self._process = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(DIES_S)
            self._process = None

    def said(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]
