"""The database's disk is full, under its tables or under its log: nothing is lost, skipped or called bad data, and
with room again everything is stored once.

A full log ends the server (PANIC), and it cannot recover before there is room.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_hub.domain.ledger import LedgerCount
from tests.support.collecting import Tenant, a_collector, array, fresh
from tests.support.ingest import PostgresStored
from tests.support.small_disk import FullServer, server_with_little_room
from tests.support.stream import Topic, a_worker, stored_up_to, wait_for

EVENTS = 2000
"""A body or a filling of the topic."""
BODIES_MAX = 200
IMPATIENT = {"HUB_COLLECTOR_ANSWER_WAIT_S": "2", "HUB_DATABASE_CONNECT_TIMEOUT_S": "2"}


@pytest.fixture(params=["base", "pg_wal"])
def full_server(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[FullServer]:
    with server_with_little_room(data_dir, request.param) as one:
        yield one


def test_the_body_that_meets_a_full_disk_is_503_and_its_resend_counts_once(
    full_server: FullServer, tmp_path: Path
) -> None:
    tenant = Tenant(full_server.db)
    with a_collector(full_server.db, tmp_path, **IMPATIENT) as collector:
        assert collector.send(array(fresh(range(3), source="before")), tenant.key).status == 200
        full_server.disk.fill()
        for taken in range(BODIES_MAX):
            body = array(fresh(range(taken * EVENTS, (taken + 1) * EVENTS)))
            answer = collector.send(body, tenant.key)
            if answer.status != 200:
                break
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        again = collector.send(body, tenant.key)
        assert (again.status, int(again.headers["retry-after"]) >= 1) == (503, True)
        assert collector.request("GET", "/healthz").status == 200
        wait_for(full_server.said_so, None, "word of the full disk in the server's log")

        full_server.disk.make_room()
        full_server.revive()
        wait_for(lambda: collector.send(body, tenant.key).status == 200, None, "a body that is stored")
        assert collector.stop() == 0
    stored, count = 3 + (taken + 1) * EVENTS, tenant.ledger()
    assert tenant.stored() == count.stored == stored
    assert count.balanced
    assert count.rejected == 0


def test_a_worker_that_meets_a_full_disk_waits_and_skips_nothing(
    full_server: FullServer, stream: Topic, tmp_path: Path
) -> None:
    db = full_server.db
    stored = PostgresStored(db)
    sent = EVENTS
    waits = {
        "HUB_FLUSH_DEADLINE_S": "2",
        "HUB_FLUSH_STATEMENT_TIMEOUT_MS": "1500",
        "HUB_FLUSH_LOCK_TIMEOUT_MS": "1000",
        "HUB_WORKER_RETRY_S_MAX": "1",
    }
    with a_worker(db, stream, tmp_path, **waits) as worker:
        stored_up_to(db, worker, stream.fill(stored.tenant_id, range(sent)))
        full_server.disk.fill()
        while worker.ready()[0] and sent < BODIES_MAX * EVENTS:
            stream.fill(stored.tenant_id, range(sent, sent + EVENTS), a_message=200)
            sent += EVENTS
        wait_for(lambda: "database_unavailable" in worker.ready()[1], worker, "a worker that waits")
        assert worker.metric("hub_partition_halted") == 0
        wait_for(full_server.said_so, worker, "word of the full disk in the server's log")

        full_server.disk.make_room()
        full_server.revive()
        stored_up_to(db, worker, stream.ends())
        wait_for(lambda: worker.ready()[0], worker, "a worker that is ready again")
        assert worker.metric("hub_partition_halted") == 0
        assert worker.stop() == 0
    assert stored.raw_totals()["events"] == stored.totals()["events"] == sent
    assert stored.ledger() == LedgerCount(sent, sent, 0, 0)
    assert stored.dead_letters() == []
    stored.close()
