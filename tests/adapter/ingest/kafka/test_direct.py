"""The simulator's way into Kafka: whole lines on the tenant's own topic, acknowledged by the broker."""

import pytest
from confluent_kafka import Consumer, Message

from analytics_hub.domain.errors import InvalidInput
from ingest.broker.process import Broker
from ingest.kafka.direct import KafkaTarget, cut
from ingest.simulator.bodies import Body
from ingest.simulator.target import Verdict

LINES = b"".join(b'{"id":"%06d"}\n' % number for number in range(150_000))


def _read(broker: Broker, topic: str, count: int) -> list[Message]:
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "group.id": topic,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    try:
        consumer.subscribe([topic])
        return consumer.consume(count, timeout=30)
    finally:
        consumer.close()


def test_a_long_body_arrives_whole_in_pieces_of_lines(broker: Broker, topic: str) -> None:
    tenant, name = topic.rsplit("-", 1)[1], topic.rsplit("-", 1)[0] + "-{tenant}"
    target = KafkaTarget(f"kafka://{broker.bootstrap_servers}/{name}", answer_wait_s=30)
    answer = target.send(Body(tenant, LINES, ()))
    target.close()
    assert (answer.verdict, answer.reason) == (Verdict.ACKED, "delivered")

    records = _read(broker, topic, 3)
    assert (
        sorted(line for record in records for line in (record.value() or b"").splitlines()) == LINES.split()
    )
    assert {tuple(record.headers() or ()) for record in records} == {
        (("content-type", b"application/x-ndjson"),)
    }


def test_a_broker_that_is_away_acknowledges_nothing() -> None:
    target = KafkaTarget("kafka://127.0.0.1:9/events", answer_wait_s=0.5)
    assert target.send(Body("acme", b"{}\n", ())).verdict is Verdict.LATER
    target.close()


@pytest.mark.parametrize(
    "url", ["kafka://host:1", "kafka:///topic", "kafka://host:1/a/b", "http://host/topic"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidInput, match="not kafka://"):
        KafkaTarget(url, answer_wait_s=1)


@pytest.mark.parametrize("bound", [1, 10, 16, 100, 10_000])
def test_pieces_are_whole_lines_within_the_bound_where_a_line_is(bound: int) -> None:
    payload = LINES[:1600]
    pieces = list(cut(payload, bound))
    assert b"".join(pieces) == payload
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert all(len(piece) <= bound or piece.count(b"\n") == 1 for piece in pieces)
