"""The database goes away, freezes, or the process is asked to stop: no answer claims what is not so, and a resend
counts once.
"""

import http.client
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.collecting import WAIT_S, RunningCollector, Tenant, a_collector, array, code, fresh
from tests.support.database import Database
from tests.support.own_server import a_server, frozen, prepared

IMPATIENT = {"HUB_COLLECTOR_ANSWER_WAIT_S": "2", "HUB_DATABASE_CONNECT_TIMEOUT_S": "2"}


def until_stored(collector: RunningCollector, body: bytes, tenant: Tenant) -> int:
    """Sends again as a client does, until it is stored; gives the duplicates of that answer."""
    for _ in range(60):
        answer = collector.send(body, tenant.key)
        if answer.status == 200:
            return int(answer.body["duplicates"])
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        threading.Event().wait(0.5)
    raise AssertionError("never stored")


def test_while_the_database_is_down_it_is_503_and_the_resend_counts_once(
    data_dir: Path, tmp_path: Path
) -> None:
    with ExitStack() as running:
        with a_server(data_dir) as server:
            db = prepared(server)
            tenant = Tenant(db)
            collector = running.enter_context(a_collector(db, tmp_path, **IMPATIENT))
            assert collector.send(array(fresh(range(3))), tenant.key).status == 200
        body = array(fresh(range(10, 15)))
        answer = collector.send(body, tenant.key)
        assert answer.status == 503
        assert "retry-after" in answer.headers
        assert collector.request("GET", "/readyz").status == 503
        assert collector.request("GET", "/healthz").status == 200
        with a_server(data_dir):
            assert until_stored(collector, body, tenant) == 0
            assert tenant.stored() == 8
            assert collector.stop() == 0


def test_while_the_database_is_frozen_it_is_503_in_time_and_the_resend_counts_once(
    data_dir: Path, tmp_path: Path
) -> None:
    with a_server(data_dir) as server:
        db = prepared(server)
        tenant = Tenant(db)
        with a_collector(db, tmp_path, **IMPATIENT) as collector:
            assert collector.send(array(fresh(range(3))), tenant.key).status == 200
            body = array(fresh(range(10, 15)))
            with frozen(server):
                answers = [collector.send(body, tenant.key) for _ in range(2)]
                assert {answer.status for answer in answers} == {503}
                assert collector.request("GET", "/healthz").status == 200
            until_stored(collector, body, tenant)
            assert tenant.stored() == 8
            count = tenant.ledger()
            assert count.balanced
            assert count.stored == 8
            assert collector.stop() == 0


@pytest.mark.parametrize("step", ["flush.begin", "flush.after_events", "flush.after_commit"])
def test_killed_with_a_body_in_hand_it_has_answered_nothing_and_the_resend_counts_once(
    db: Database, tmp_path: Path, step: str
) -> None:
    tenant, body = Tenant(db), array(fresh(range(5)))
    with a_collector(db, tmp_path, HUB_FAILPOINTS=f"{step}=crash") as dying:
        with pytest.raises((OSError, http.client.HTTPException)):
            dying.send(body, tenant.key)
        assert dying.process.wait(WAIT_S) == -signal.SIGKILL
    assert tenant.stored() == (5 if step == "flush.after_commit" else 0)
    with a_collector(db, tmp_path) as collector:
        assert until_stored(collector, body, tenant) == tenant.ledger().duplicate
        assert collector.stop() == 0
    assert tenant.stored() == 5
    assert tenant.ledger().balanced


@pytest.mark.parametrize("clients", [4])
def test_asked_to_stop_it_finishes_what_it_took(db: Database, tmp_path: Path, clients: int) -> None:
    tenant = Tenant(db)
    acked: list[int] = []
    refused: list[tuple[int, str]] = []
    first_acked = threading.Event()

    def send(start: int) -> None:
        for number in range(start, start + 100_000):
            try:
                answer = collector.send(array(fresh([number])), tenant.key)
            except OSError:
                return  # nobody listens any more
            if answer.status != 200:
                refused.append(code(answer))
                continue
            acked.append(number)
            if len(acked) > 20:
                first_acked.set()

    with a_collector(db, tmp_path) as collector:
        threads = [threading.Thread(target=send, args=[at * 1_000_000]) for at in range(clients)]
        for thread in threads:
            thread.start()
        assert first_acked.wait(WAIT_S)
        status = collector.stop()
        for thread in threads:
            thread.join(WAIT_S)
    assert status == 0
    assert set(refused) <= {(503, "draining")}
    # Whoever was cut off between commit and answer sends again; of those there is one a client at most.
    assert len(acked) <= tenant.stored() <= len(acked) + clients
    assert tenant.ledger().balanced
