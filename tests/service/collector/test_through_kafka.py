"""`hub collector` in front of a real broker: 202 once Kafka has the events, and never for more than that."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from ingest.broker.process import Broker
from ingest.kafka.headers import EdgeStamp, Pairs, RecordHeaders, read_headers
from tests.support.broker import WAIT_S, a_topic
from tests.support.collecting import Tenant, a_collector, array, code, fresh
from tests.support.database import Database
from tests.support.kafka_records import read_records
from tests.support.own_server import a_server, prepared

MIB = 1024 * 1024
IMPATIENT = {
    "HUB_PRODUCER_DELIVERY_TIMEOUT_MS": "2000",
    "HUB_PRODUCER_ANSWER_WAIT_S": "3",
    "HUB_COLLECTOR_LOOK_UP_WAIT_S": "1",
}


def at(broker: Broker, topic: str) -> dict[str, str]:
    return {"HUB_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers, "HUB_KAFKA_TOPIC": topic}


def test_what_was_answered_with_202_lies_in_kafka_and_says_whose_it_is(
    db: Database, broker: Broker, topic: str, tmp_path: Path
) -> None:
    tenant = Tenant(db)
    with a_collector(db, tmp_path, "collector", **at(broker, topic)) as collector:
        assert collector.request("GET", "/readyz").status == 200
        body = array([*fresh(range(3)), *fresh([9], model=None)])
        answer = collector.send(body, tenant.key, x_request_id="my-request-0001")
        assert answer.status == 202
        assert answer.body == {
            "received": 4,
            "accepted": 3,
            "rejected": [
                {"index": 3, "code": "missing_model", "field": "model", "message": "The event has no model."}
            ],
            "rejected_total": 1,
            "duplicates": None,
            "request_id": "my-request-0001",
        }
        (record,) = read_records(broker, topic)
        headers = read_headers(cast(Pairs, record.headers()))
        assert isinstance(headers, RecordHeaders)
        assert isinstance(headers.stamp, EdgeStamp)
        assert (headers.stamp.tenant_id, headers.stamp.events) == (tenant.tenant_id, 4)
        assert headers.request_id == "my-request-0001"
        assert "hub_http_requests_total" in collector.request("GET", "/metrics").content.decode()
        assert collector.stop() == 0
    assert "Traceback" not in collector.said()


@pytest.mark.parametrize(
    ("away", "back"), [(Broker.kill, Broker.start), (Broker.freeze, Broker.thaw)], ids=["down", "frozen"]
)
def test_without_a_broker_it_is_503_and_the_resend_is_taken(
    db: Database,
    own_broker: Callable[[], Broker],
    tmp_path: Path,
    away: Callable[[Broker], None],
    back: Callable[[Broker], None],
) -> None:
    tenant, broker = Tenant(db), own_broker()
    with (
        a_topic(broker) as topic,
        a_collector(db, tmp_path, "collector", **at(broker, topic), **IMPATIENT) as collector,
    ):
        body = array(fresh(range(3)))
        # A new broker may need longer than this collector waits.
        assert any(collector.send(body, tenant.key).status == 202 for _ in range(int(WAIT_S)))
        away(broker)
        answer = collector.send(body, tenant.key)
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert collector.is_well()
        back(broker)
        assert any(collector.send(body, tenant.key).status == 202 for _ in range(int(WAIT_S)))


def test_without_a_database_known_keys_are_still_taken_and_strangers_are_told_to_wait(
    data_dir: Path, broker: Broker, topic: str, tmp_path: Path
) -> None:
    short = {"HUB_API_KEY_CACHE_S": "0.1", "HUB_COLLECTOR_TENANT_CACHE_S": "0.1"}
    with ExitStack() as running:
        with a_server(data_dir) as server:
            db = prepared(server)
            known, stranger = Tenant(db), Tenant(db, "stranger")
            settings = at(broker, topic) | IMPATIENT | short
            collector = running.enter_context(a_collector(db, tmp_path, "collector", **settings))
            body = array(fresh(range(3)))
            assert collector.send(body, known.key).status == 202
        # Many times longer than a key is kept without asking.
        ends_s = time.monotonic() + 1
        while time.monotonic() < ends_s:
            assert collector.send(body, known.key).status == 202
        assert collector.send(body, stranger.key).status == 503
        assert code(collector.send(b"{}", "hub_x")) == (401, "bad_key")
        assert collector.stop() == 0
