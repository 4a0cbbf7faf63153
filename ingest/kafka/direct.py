"""Sends bodies straight to a direct topic, as a producer outside of the hub would: the Kafka side of `hub simulate`.

In: a broker's address, a topic's name with `{tenant}` in it, bodies of NDJSON. Out: `Answer`, acknowledged when the
broker has reported every piece. The collector's own way into Kafka is `sink.py`; which topic belongs to which tenant
says `HUB_KAFKA_DIRECT_TOPICS`.
"""

import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from confluent_kafka import KafkaError, Message, Producer

from analytics_hub.domain.errors import InvalidInput
from ingest.kafka.headers import RecordHeaders
from ingest.kafka.security import OPEN, Security
from ingest.simulator.bodies import Body
from ingest.simulator.target import Answer, Verdict

PIECE_BYTES_MAX: Final = 900_000  # below the broker's default bound of a message, 1 MiB with its headers
_MESSAGE_BYTES_MAX: Final = 1_048_576
_SCHEME: Final = "kafka"
_CLOSE_S: Final = 1.0
_LOG_NOTHING: Final = 0  # a broker that is away is told by the answers; the library would print it, too


class KafkaTarget:
    """One idempotent producer, for one thread; each call waits for its own delivery reports."""

    def __init__(self, url: str, answer_wait_s: float, security: Security = OPEN) -> None:
        """Raises InvalidInput for an address that is not kafka://HOST:PORT/TOPIC."""
        parts = urlsplit(url)
        self._topic = parts.path.strip("/")
        if parts.scheme != _SCHEME or not parts.netloc or not self._topic or "/" in self._topic:
            raise InvalidInput("bad_target", "--to", f"not kafka://HOST:PORT/TOPIC: {url!r}")
        self._wait_s = answer_wait_s
        self._producer = Producer(
            {
                "bootstrap.servers": parts.netloc,
                "enable.idempotence": True,
                "acks": "all",
                "compression.type": "lz4",
                "message.max.bytes": _MESSAGE_BYTES_MAX,
                "delivery.timeout.ms": round(answer_wait_s * 1000),
                "log_level": _LOG_NOTHING,
                **security,
            }
        )

    def send(self, body: Body) -> Answer:
        began = time.perf_counter()
        ends = began + self._wait_s
        pieces = list(cut(body.payload))
        faults: list[str] = []

        def report(error: KafkaError | None, _message: Message) -> None:
            faults.append("" if error is None else str(error.name()))

        topic = self._topic.replace("{tenant}", body.tenant)
        for number, piece in enumerate(pieces):
            key = f"{body.tenant}/{number}"
            headers: dict[str, str | bytes | None] = dict(self.headers(body, piece).pairs())
            self._producer.produce(topic, piece, key=key, headers=headers, on_delivery=report)
        while len(faults) < len(pieces) and time.perf_counter() < ends:
            self._producer.poll(max(0.0, ends - time.perf_counter()))
        took_s = time.perf_counter() - began
        if len(faults) < len(pieces):
            # Nobody knows; the same events go again, and the hub knows resends. Nothing of this try may linger.
            self._producer.purge()
            return Answer(Verdict.LATER, took_s, "no_delivery_report")
        fault = next(filter(None, faults), "")
        return Answer(Verdict.LATER if fault else Verdict.ACKED, took_s, fault or "delivered")

    def headers(self, _body: Body, _piece: bytes) -> RecordHeaders:
        """What a producer outside of the hub says of a record: how it is written, nothing else."""
        return RecordHeaders(format="ndjson")

    def close(self) -> None:
        """Nothing is on its way between two calls, but for what a time-out left: that is dropped."""
        self._producer.purge()
        self._producer.flush(_CLOSE_S)


def cut(payload: bytes, piece_bytes_max: int = PIECE_BYTES_MAX) -> Iterator[bytes]:
    """Pieces of whole lines. A line longer than a piece goes alone: the broker refuses it, and says so."""
    start = 0
    while len(payload) - start > piece_bytes_max:
        end = payload.rfind(b"\n", start, start + piece_bytes_max) + 1
        if end <= start:
            end = payload.find(b"\n", start) + 1 or len(payload)
        yield payload[start:end]
        start = end
    if start < len(payload):
        yield payload[start:]
