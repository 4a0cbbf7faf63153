"""Whether the brokers would take an event now: asked for /readyz of a collector, and for nothing else.

In: which topic. Out: nothing, or TryLater. Many who ask at once share one request, and its answer is held for a moment:
anybody may ask, and the brokers should hardly notice.
"""

import asyncio
from typing import Final

from confluent_kafka import KafkaException

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import TryLater
from analytics_hub.settings import KafkaSettings
from ingest.kafka.security import security_config
from ingest.kafka.topics import admin_client

_REQUEST_S_MAX: Final = 5.0  # a busy broker is not away
_HELD_S: Final = 1.0


class BrokerWatch:
    """Asks over a connection of its own: a producer whose queue is full would have no time for it."""

    def __init__(self, kafka: KafkaSettings, clock: Clock) -> None:
        self._topic = kafka.topic
        self._admin = admin_client(kafka.bootstrap_servers, security_config(kafka))
        self._wait_s = min(kafka.admin_wait_s, _REQUEST_S_MAX)
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked_at_s: float | None = None
        self._fault = ""

    async def check(self) -> None:
        """Raises TryLater when no broker answers for the topic in time."""
        async with self._asking:
            now_s = self._clock.monotonic_s()
            if self._asked_at_s is None or now_s - self._asked_at_s >= _HELD_S:
                self._fault = await asyncio.to_thread(self._ask)
                self._asked_at_s = self._clock.monotonic_s()
        if self._fault:
            raise TryLater("kafka_unavailable", self._fault)

    def _ask(self) -> str:
        try:
            found = self._admin.list_topics(self._topic, timeout=self._wait_s).topics[self._topic]
        except KafkaException:
            return f"Kafka did not answer within {self._wait_s:g} s"
        return "" if found.error is None else f"Kafka has no topic {self._topic} for us: {found.error.str()}"
