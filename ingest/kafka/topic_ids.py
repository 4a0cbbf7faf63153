"""Which topic a name means: where its partitions begin, and whether it is still the same topic.

In: the cluster. Out: `Origin` of a partition; the names whose topic has been deleted and made anew. The
client would take the old offsets for the new topic without a word, therefore its id is looked at again and again.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin._listoffsets import OffsetSpec  # typed nowhere else

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.settings import KafkaSettings
from ingest.kafka.partition_key import partition_key
from ingest.kafka.security import security_config
from ingest.kafka.topics import admin_client
from ingest.records import Origin, PartitionId

_LOG = structlog.get_logger(__name__)
MADE_ANEW = "topic_made_anew"


class TopicIds:
    """`origin` is safe from any thread, the rest belongs to one."""

    def __init__(
        self, kafka: KafkaSettings, clock: Clock, *, check_s: float, names: Sequence[str] = ()
    ) -> None:
        """`names` are looked at from the beginning, the topics of known origins once they are known."""
        self._clock = clock
        self._wait_s = kafka.admin_wait_s
        self._check_s = check_s
        self._admin = admin_client(kafka.bootstrap_servers, security_config(kafka))
        self._ids: dict[str, str] = {}
        self._names = names
        self._missing: set[str] = set()
        self._asked: dict[str, Future[Any]] = {}
        self._ask_after_s = 0.0

    def origin(self, partition: PartitionId) -> Origin:
        """Raises TryLater when Kafka does not answer, Broken when the name means another topic than before."""
        topic, wait_s = partition.topic, self._wait_s
        place = TopicPartition(topic, partition.number)
        try:
            cluster_id = self._admin.describe_cluster().result(wait_s).cluster_id
            described = self._admin.describe_topics(TopicCollection([topic]))[topic]
            topic_id = str(described.result(wait_s).topic_id)
            oldest = self._admin.list_offsets({place: OffsetSpec.earliest()})  # type: ignore[no-untyped-call]
            first_offset = next(iter(oldest.values())).result(wait_s).offset
        except (KafkaException, TimeoutError) as error:
            raise TryLater("kafka_silent", f"Kafka does not say where {partition} begins: {error}") from error
        if self._ids.setdefault(topic, topic_id) != topic_id:
            raise Broken(MADE_ANEW, made_anew(topic))
        return Origin(partition_key(cluster_id, topic_id, partition.number), first_offset)

    def made_anew(self) -> list[str]:
        """Without waiting: one call asks, a later one reads the answers."""
        now_s = self._clock.monotonic_s()
        names = list(dict.fromkeys([*self._names, *self._ids]))
        if not self._asked and names and now_s >= self._ask_after_s:
            self._ask_after_s = now_s + self._check_s
            self._asked = dict(self._admin.describe_topics(TopicCollection(names)))
        found = []
        for topic in [topic for topic, answer in self._asked.items() if answer.done()]:
            answer = self._asked.pop(topic)
            error = answer.exception()
            if error is not None:
                if topic not in self._missing:
                    _LOG.warning("topic not described", topic=topic, error=str(error))
                if _is_unknown(error):
                    self._missing.add(topic)
                continue
            self._missing.discard(topic)
            if str(answer.result().topic_id) != self._ids.get(topic, str(answer.result().topic_id)):
                found.append(topic)
        return found

    def missing(self) -> list[str]:
        """The topics that were not there when they were last looked at."""
        return sorted(self._missing)


def _is_unknown(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART


def made_anew(topic: str) -> str:
    """The sentence for people."""
    return f"topic {topic} was deleted and made anew; a restart reads the new one from its beginning"
