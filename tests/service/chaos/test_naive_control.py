"""The control: a consumer that commits, dies and then would have told Kafka counts twice, and the oracle says so."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

from analytics_hub.domain.clock import SystemClock
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import SimulatorSettings
from ingest.broker.process import Broker
from ingest.simulator.bodies import Bodies, Shape
from ingest.simulator.client_ledger import ClientLedger
from ingest.simulator.run import Pace, Simulation
from tests.support.chaos.oracle import judge
from tests.support.chaos.stamped_target import StampedTarget
from tests.support.database import Database

TENANTS = ("sim-1", "sim-2", "sim-3")
RUN_S = 300


def test_the_naive_order_counts_twice_and_the_oracle_sees_it(
    db: Database, broker: Broker, topic: str, tmp_path: Path
) -> None:
    numbers = {slug: db.add_tenant(slug) for slug in TENANTS}
    ledger = tmp_path / "ledger"
    with ClientLedger(ledger) as written:
        report = Simulation(
            Bodies(Shape(TENANTS, 20), "run"),
            Pace(events_per_s=0, duration_s=1.5, connections=2),
            lambda: StampedTarget(broker.bootstrap_servers, topic, numbers, answer_wait_s=30),
            settings=SimulatorSettings(),
            clock=SystemClock(),
            ledger=written,
        ).run(threading.Event())
    assert report.acked == report.sent > 0

    for dies in (True, True, False):
        arguments = [broker.bootstrap_servers, topic, db.writer_dsn, *(["--die"] if dies else [])]
        command = [sys.executable, "-m", "tests.support.chaos.naive", *arguments]
        status = subprocess.run(command, timeout=RUN_S, check=False).returncode
        assert status == (-signal.SIGKILL if dies else 0)

    found = judge(db.admin_dsn, ledger, load_price_book())
    assert found.lost == 0, found
    assert found.rows == found.acked
    assert found.duplicate > 0, found
