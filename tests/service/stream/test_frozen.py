"""Servers that neither answer nor hang up: the worker waits at its own deadlines and goes on when they are back."""

import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from analytics_hub.domain.ledger import LedgerCount
from ingest.broker.process import Broker
from ingest.kafka.topics import ensure_topics
from tests.support.database import Database
from tests.support.ingest import PostgresStored
from tests.support.own_server import a_server, frozen, prepared
from tests.support.stream import WAIT_S, Topic, a_worker, stored_up_to, wait_for

EVENTS = 300
SESSION_MS = 2000


def test_a_frozen_database_is_left_at_the_deadline_and_its_connections_thrown_away(
    data_dir: Path, stream: Topic, tmp_path: Path
) -> None:
    with a_server(data_dir) as server:
        db = prepared(server)
        stored = PostgresStored(db)
        waits = {
            "HUB_FLUSH_DEADLINE_S": "1",
            "HUB_FLUSH_STATEMENT_TIMEOUT_MS": "500",
            "HUB_FLUSH_LOCK_TIMEOUT_MS": "400",
            "HUB_DATABASE_CONNECT_TIMEOUT_S": "2",
        }
        with a_worker(db, stream, tmp_path, **waits) as worker:
            stored_up_to(db, worker, stream.fill(stored.tenant_id, range(EVENTS)))
            before = _sessions(db)
            assert before
            with frozen(server):
                ends = stream.fill(stored.tenant_id, range(EVENTS, 2 * EVENTS))
                wait_for(lambda: not worker.ready()[0], worker, "a worker that says that it is not ready")
                assert "database_unavailable" in worker.ready()[1]
            stored_up_to(db, worker, ends)
            wait_for(lambda: worker.ready()[0], worker, "a worker that is ready again")
            wait_for(lambda: not before & _sessions(db), worker, "the end of the connections of before")
            assert "revoked" not in worker.said()
            assert worker.stop() == 0
        assert stored.raw_totals()["events"] == stored.totals()["events"] == 2 * EVENTS
        assert stored.ledger() == LedgerCount(2 * EVENTS, 2 * EVENTS, 0, 0)
        stored.close()


def test_a_broker_that_was_frozen_for_longer_than_a_session_costs_nothing(
    db: Database, own_broker: Callable[[], Broker], stored: PostgresStored, tmp_path: Path
) -> None:
    broker = own_broker()
    stream = Topic(broker.bootstrap_servers, "events", 2)
    ensure_topics(broker.bootstrap_servers, [stream.name], 2, wait_s=WAIT_S)
    with a_worker(db, stream, tmp_path, HUB_KAFKA_SESSION_TIMEOUT_MS=str(SESSION_MS)) as worker:
        stored_up_to(db, worker, stream.fill(stored.tenant_id, range(EVENTS)))
        broker.freeze()
        time.sleep(1.5 * SESSION_MS / 1000)  # nobody can be asked when a broker's own clock has passed it
        broker.thaw()
        stored_up_to(db, worker, stream.fill(stored.tenant_id, range(EVENTS, 2 * EVENTS)))
        assert worker.metric("hub_partition_halted") == 0
        assert worker.stop() == 0
    assert stored.ledger() == LedgerCount(2 * EVENTS, 2 * EVENTS, 0, 0)


def _sessions(db: Database) -> set[int]:
    """Of the worker's lanes."""
    with psycopg.connect(db.admin_dsn) as conn:  # what a session does is shown to nobody else
        rows = conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'hub_writer' AND query = 'COMMIT'"
        )
        return {pid for (pid,) in rows}
