"""A hub of its own under load, whose parts can be killed: PostgreSQL, broker, collector (`edge.py`), workers.

In: a folder. Out: `World`: processes to kill, a simulator that never rests, and a watch that says when the hub is
itself again (`watch.py`). Who kills what is `deaths.py`.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from psycopg.conninfo import make_conninfo

from analytics_hub.domain.clock import SystemClock, unix_us
from analytics_hub.settings import SimulatorSettings
from analytics_hub.storage import server_process
from analytics_hub.storage.embedded import Server, embedded_server
from analytics_hub.storage.migrate import bootstrap, migrate
from analytics_hub.storage.server_locks import exclusive
from analytics_hub.storage.server_pids import postmaster_pid
from ingest.broker.process import Broker
from ingest.simulator.bodies import Bodies, Shape
from ingest.simulator.client_ledger import ClientLedger
from ingest.simulator.report import Report
from ingest.simulator.run import Pace, Simulation
from tests.support.broker import a_broker, a_topic
from tests.support.chaos.edge import Edge
from tests.support.chaos.watch import Watch
from tests.support.database import Database
from tests.support.stream import RunningWorker, Topic, a_worker

DATABASE = "chaos"
TENANTS = tuple(f"sim-{number}" for number in range(1, 13))
PARTITIONS = 6
SERVER_S = 180.0
DURATION_S = 24 * 3600.0  # the load ends when it is told to

WORKER = {
    "HUB_KAFKA_SESSION_TIMEOUT_MS": "1500",
    "HUB_FLUSH_LOCK_TIMEOUT_MS": "500",
    "HUB_FLUSH_CAREFUL_FLUSHES": "2",
    "HUB_INGEST_BATCH_EVENTS_MAX": "2000",
}
"""Faster to notice a death than in production; small batches: more flushes to die in; both ways of writing events."""


@dataclass
class World:
    """What runs."""

    folder: Path
    server: Server
    durable: bool
    database: Database
    broker: Broker
    topic: Topic
    edge: Edge
    ledger: Path
    watch: Watch
    _stack: ExitStack = field(default_factory=ExitStack)
    _stop_load: threading.Event = field(default_factory=threading.Event)
    _load: threading.Thread | None = None
    _report: list[Report | BaseException] = field(default_factory=list)

    @contextmanager
    def worker(self, **variables: str) -> Iterator[RunningWorker]:
        logs = self.folder / "workers"
        logs.mkdir(exist_ok=True)
        with a_worker(self.database, self.topic, logs, **(WORKER | variables)) as running:
            yield running

    def kill_postgres(self) -> None:
        """Every process of the server at once, as a kernel out of memory does; then it is started again."""
        pid = postmaster_pid(self.server.files)
        assert pid is not None
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs(family, timeout=SERVER_S)

    def start_postgres(self) -> None:
        files = self.server.files
        with exclusive(files.start_lock, SERVER_S) as lock:
            server_process.ensure_running(files, lock, durable=self.durable, wait_s=SERVER_S)

    def start_load(self, events_per_s: float, seed: int) -> None:
        """Over HTTP, until `stop_load`; a few resends and broken events are always in it."""

        def run() -> None:
            bodies = Bodies(
                Shape(TENANTS, 20, resend_share=0.002, broken_share=0.01, seed=seed),
                f"chaos-{unix_us(SystemClock().now()):x}",
            )
            pace = Pace(events_per_s, DURATION_S, connections=4)
            try:
                with ClientLedger(self.ledger) as ledger:
                    simulation = Simulation(
                        bodies,
                        pace,
                        self.edge.target,
                        settings=SimulatorSettings(),
                        clock=SystemClock(),
                        ledger=ledger,
                    )
                    self._report.append(simulation.run(self._stop_load))
            except BaseException as error:  # noqa: BLE001  raised again by `stop_load`
                self._report.append(error)

        self._load = threading.Thread(target=run, name="load")
        self._load.start()

    def stop_load(self) -> Report:
        """What was sent. Raises what the load died of."""
        assert self._load is not None
        self._stop_load.set()
        self._load.join()
        report = self._report[0]
        if isinstance(report, BaseException):
            raise report
        return report


@contextmanager
def a_world(folder: Path, *, durable: bool = False) -> Iterator[World]:
    """`folder` must be one that another user may pass through: the server may run as one."""
    with ExitStack() as stack:
        server = stack.enter_context(embedded_server(folder / "pg", wait_s=SERVER_S, durable=durable))
        bootstrap(server.admin_dsn(), DATABASE)
        database = Database(make_conninfo(server.admin_dsn(), dbname=DATABASE), DATABASE)
        migrate(database.owner_dsn)
        broker = stack.enter_context(a_broker(folder / "kafka"))
        name = stack.enter_context(a_topic(broker, PARTITIONS))
        topic = Topic(broker.bootstrap_servers, name, PARTITIONS)
        watch = stack.enter_context(Watch(database, topic, PARTITIONS))
        tenants = {slug: database.add_tenant(slug) for slug in TENANTS}
        edge = stack.enter_context(Edge(database, topic, tenants, folder / "collector.log"))
        edge.start()
        world = World(folder, server, durable, database, broker, topic, edge, folder / "ledger.ndjson", watch)
        try:
            yield world
        finally:
            world._stop_load.set()
            if world._load is not None:
                world._load.join()
