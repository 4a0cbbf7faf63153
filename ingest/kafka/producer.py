"""The producer: hands messages to the Kafka client and tells the event loop when the broker has them.

In: the messages of one body. Out: a `Delivery`, settled once every message of it is acknowledged or one has failed.
What a message holds is `sink.py`'s and `headers.py`'s.

    event loop or examining thread        client's own threads        delivery thread (here)
    send ──produce()──▶ bounded queue ──▶ broker, acks=all ──▶ reports ──poll()──▶ one wake-up a round ──▶ event loop

The client's own asyncio producer cannot carry headers (confluent-kafka 2.16). A report wakes nobody by itself: at
20,000 single events a second the loop would do nothing but wake up.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, NamedTuple, cast

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from analytics_hub.domain.errors import Broken, HubError, TooLarge, TryLater
from analytics_hub.settings import KafkaSettings, ProducerSettings
from analytics_hub.telemetry import PRODUCE_FAILURES
from ingest.kafka.security import security_config

_POLL_S: Final = 0.1  # how long a stop waits for the delivery thread; a report ends the wait at once
_PURGE_S: Final = 1.0  # reports of purged messages are made on the spot
_REQUEST_MS_MAX: Final = (
    5_000  # a frozen broker's connection is given up while another may still answer in time
)
_RECONNECT_MS_MAX: Final = 1_000  # the default of 10 s would be felt after every restart of a broker
_TOO_LARGE: Final = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})
_FATAL: Final = KafkaError._FATAL  # public, for all its underscore: an error of the client, not of a broker

_AnyHeaders = list[tuple[str, str | bytes | None]]

_log = structlog.get_logger(__name__)


class Outgoing(NamedTuple):
    """One message on its way."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    timestamp_ms: int


class Delivery:
    """What becomes of one body. Awaited in the event loop, told of every message by the delivery thread."""

    __slots__ = ("_problem", "_settled", "_waiting", "expected", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._settled: asyncio.Future[HubError | None] = loop.create_future()
        self.expected = self._waiting = 0
        self._problem: HubError | None = None

    def expect(self, messages: int) -> None:
        """How many messages the body has: before the first one is sent."""
        self.expected = self._waiting = messages

    async def wait(self, wait_s: float) -> None:
        """Returns when the broker has all of it. Raises TryLater, or TooLarge when the broker refuses the size."""
        try:
            async with asyncio.timeout(wait_s):
                problem = await self._settled
        except TimeoutError as error:
            PRODUCE_FAILURES.labels("answer_wait").inc()
            raise TryLater("kafka_silent", f"Kafka did not answer within {wait_s:g} s") from error
        if problem is not None:
            raise problem

    def report(self, error: KafkaError | None) -> bool:
        """One message is through, or has failed. True when it was the last one."""
        if error is not None and self._problem is None:
            self._problem = _problem_of(error)
        self._waiting -= 1
        return self._waiting == 0

    def settle(self) -> None:
        """In the event loop: wake who waits, if anybody still does."""
        if not self._settled.done():
            self._settled.set_result(self._problem)


class StreamProducer:
    """One Kafka client, its bounded queue and the thread that serves its reports. `send` is safe from any thread."""

    def __init__(
        self,
        kafka: KafkaSettings,
        settings: ProducerSettings,
        make_client: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> None:
        self._topic = kafka.topic
        self._settings = settings
        self._make_client = partial(
            make_client, client_config(kafka, settings) | {"error_cb": self._on_error}
        )
        self._client = self._new_client()
        self._lock = threading.Lock()
        """Guards the client's exchange and the two sums."""
        self._queued_bytes = 0
        self._queued_messages = 0
        self._finished: list[Delivery] = []
        self._fatal: KafkaError | None = None
        self._given_up = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="kafka-deliveries", daemon=True)
        self._thread.start()

    def send(self, delivery: Delivery, messages: Iterable[Outgoing]) -> None:
        """Queue all messages of a body. Raises TryLater when the queue is full or the client is broken.

        What was queued before it raised is sent all the same: the client sends again, and those are resends.
        """
        for message in messages:
            size_bytes = len(message.value)
            with self._lock:
                self._produce(message, partial(self._on_delivery, delivery, size_bytes))
                self._queued_bytes += size_bytes
                self._queued_messages += 1

    def fill(self) -> float:
        """How full the queue is, from 0 to 1: by bytes or by messages, whichever is more."""
        return max(
            self._queued_bytes / self._settings.queue_bytes_max,
            self._queued_messages / self._settings.queue_messages_max,
        )

    def has_room(self, size_bytes: int) -> bool:
        """Whether a body of that size fits in beside what waits."""
        return (
            self._queued_messages < self._settings.queue_messages_max
            and self._queued_bytes + size_bytes <= self._settings.queue_bytes_max
        )

    def purge(self) -> None:
        """Give up everything that is on its way and take nothing more: each delivery fails, at once."""
        with self._lock:
            self._given_up = True
            self._client.purge()

    def close(self, wait_s: float) -> None:
        """Send what is left, for at most that long, and end the thread. Blocks."""
        self._stopped.set()
        self._thread.join()
        if self._client.flush(wait_s):
            self._client.purge()
            self._client.flush(_PURGE_S)
        self._wake_loops()

    def _new_client(self) -> Producer:
        try:
            return self._make_client()
        except KafkaException as error:
            raise Broken("bad_kafka_settings", f"the Kafka client refuses its settings: {error}") from error

    def _produce(self, message: Outgoing, on_delivery: Callable[[KafkaError | None, Message], None]) -> None:
        if self._given_up:
            raise TryLater("stopping", "this collector is being stopped")
        try:
            self._client.produce(
                self._topic,
                message.value,
                message.key,
                on_delivery=on_delivery,
                timestamp=message.timestamp_ms,
                headers=cast(_AnyHeaders, message.headers),
            )
        except BufferError as error:
            PRODUCE_FAILURES.labels("queue_full").inc()
            raise TryLater("queue_full", "too much is waiting for Kafka already") from error
        except KafkaException as error:
            raise _problem_of(error.args[0]) from error

    def _on_delivery(self, delivery: Delivery, size_bytes: int, error: KafkaError | None, _: Message) -> None:
        with self._lock:
            self._queued_bytes -= size_bytes
            self._queued_messages -= 1
        if error is not None and error.fatal():
            self._fatal = error
        if delivery.report(error):
            self._finished.append(delivery)

    def _on_error(self, error: KafkaError) -> None:
        """What concerns no single message. The client mends everything by itself but a fatal error."""
        if error.fatal() or error.code() == _FATAL:
            self._fatal = error

    def _serve(self) -> None:
        while not self._stopped.is_set():
            self._client.poll(_POLL_S)
            if self._fatal is not None:
                self._renew(self._fatal)
            self._wake_loops()

    def _renew(self, error: KafkaError) -> None:
        """An idempotent producer that has lost its place can never send again: take a new one.

        What the old one held is answered with TryLater; the clients' resends are known by their ids.
        """
        _log.error("kafka producer is renewed", error=error.str())
        fresh = self._new_client()
        with self._lock:
            old, self._client = self._client, fresh
        old.purge()
        old.flush(_PURGE_S)
        self._fatal = None

    def _wake_loops(self) -> None:
        finished, self._finished = self._finished, []
        by_loop: dict[asyncio.AbstractEventLoop, list[Delivery]] = {}
        for delivery in finished:
            by_loop.setdefault(delivery.loop, []).append(delivery)
        for loop, deliveries in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, deliveries)


def client_config(kafka: KafkaSettings, settings: ProducerSettings) -> dict[str, Any]:
    """The client's own names for what our settings say."""
    timeout_ms = settings.delivery_timeout_ms
    return {
        "bootstrap.servers": kafka.bootstrap_servers,
        "client.id": "llm-analytics-hub-collector",
        "logger": logging.getLogger("kafka.producer"),
        "enable.idempotence": True,
        "acks": "all",
        "compression.type": "lz4",
        "partitioner": "murmur2_random",  # as the Java client does, so that direct producers agree with us
        "linger.ms": settings.linger_ms,
        "delivery.timeout.ms": timeout_ms,
        "request.timeout.ms": min(timeout_ms, _REQUEST_MS_MAX),
        "socket.connection.setup.timeout.ms": min(timeout_ms, _REQUEST_MS_MAX),
        "reconnect.backoff.max.ms": _RECONNECT_MS_MAX,
        "message.max.bytes": settings.message_bytes_max,
        "queue.buffering.max.messages": settings.queue_messages_max,
        "queue.buffering.max.kbytes": -(-settings.queue_bytes_max // 1024),
        **security_config(kafka),
    }


def _settle(deliveries: list[Delivery]) -> None:
    for delivery in deliveries:
        delivery.settle()


def _problem_of(error: KafkaError) -> HubError:
    PRODUCE_FAILURES.labels(error.name().lower().strip("_")).inc()
    if error.code() in _TOO_LARGE:
        return TooLarge("message_too_large", "the broker refuses a message of that size: send smaller bodies")
    return TryLater("kafka_unavailable", f"Kafka did not take the events: {error.str()}")
