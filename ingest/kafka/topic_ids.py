"""Which topic a name means: where its partitions begin, and whether it is still the same topic.

In: the cluster. Out: `Origin` of a partition; the names whose topic has been deleted and made anew. The
client would take the old offsets for the new topic without a word, therefore its id is looked at again and again.

A topic is described only after the cluster has named a broker. One that was frozen for longer than its session names
none for a moment, and librdkafka aborts the process when it reads that in the answer to a description (it checks
`rko_result` after the parser failed without an error of the buffer; 2.16.1).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin._listoffsets import OffsetSpec  # typed nowhere else

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.settings import KafkaSettings
from ingest.kafka.partition_key import partition_key
from ingest.kafka.security import security_config
from ingest.kafka.topics import admin_client, cluster_id
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
        self._asked: Future[Mapping[str, Future[Any]]] | None = None
        self._ask_after_s = 0.0

    def origin(self, partition: PartitionId) -> Origin:
        """Raises TryLater when Kafka does not answer, Broken when the name means another topic than before."""
        topic, wait_s = partition.topic, self._wait_s
        place = TopicPartition(topic, partition.number)
        try:
            cluster, described = self._described([topic])
            topic_id = str(described[topic].result(wait_s).topic_id)
            oldest = self._admin.list_offsets({place: OffsetSpec.earliest()})  # type: ignore[no-untyped-call]
            first_offset = next(iter(oldest.values())).result(wait_s).offset
        except (KafkaException, TimeoutError) as error:
            raise TryLater("kafka_silent", f"Kafka does not say where {partition} begins: {error}") from error
        if self._ids.setdefault(topic, topic_id) != topic_id:
            raise Broken(MADE_ANEW, made_anew(topic))
        return Origin(partition_key(cluster, topic_id, partition.number), first_offset)

    def made_anew(self) -> list[str]:
        """Without waiting: one call asks, a later one reads the answers."""
        now_s = self._clock.monotonic_s()
        names = list(dict.fromkeys([*self._names, *self._ids]))
        if self._asked is None and names and now_s >= self._ask_after_s:
            self._ask_after_s = now_s + self._check_s
            self._asked = _in_background(lambda: self._answers(names))
        if self._asked is None or not self._asked.done():
            return []
        answers, self._asked = self._asked, None
        if error := answers.exception():
            _LOG.warning("topics not described", error=str(error))
            return []
        return [topic for topic, answer in answers.result().items() if self._is_another(topic, answer)]

    def _is_another(self, topic: str, answer: Future[Any]) -> bool:
        error = answer.exception()
        if error is None:
            self._missing.discard(topic)
            return str(answer.result().topic_id) != self._ids.get(topic, str(answer.result().topic_id))
        if topic not in self._missing:
            _LOG.warning("topic not described", topic=topic, error=str(error))
        if _is_unknown(error):
            self._missing.add(topic)
        return False

    def _answers(self, names: Sequence[str]) -> Mapping[str, Future[Any]]:
        """Of the topics about which there was an answer in time."""
        _, described = self._described(names)
        done, _ = wait(described.values(), self._wait_s)
        return {topic: answer for topic, answer in described.items() if answer in done}

    def _described(self, names: Sequence[str]) -> tuple[str, Mapping[str, Future[Any]]]:
        """The cluster's id, and the answers to come. Raises TimeoutError when nobody answers."""
        cluster = cluster_id(self._admin, self._wait_s)
        if cluster is None:
            raise TimeoutError("no broker answered in time")
        return cluster, self._admin.describe_topics(
            TopicCollection(list(names)), request_timeout=self._wait_s
        )

    def missing(self) -> list[str]:
        """The topics that were not there when they were last looked at."""
        return sorted(self._missing)


def _in_background(call: Callable[[], Mapping[str, Future[Any]]]) -> Future[Mapping[str, Future[Any]]]:
    """On a thread that keeps nobody from ending."""
    answer: Future[Mapping[str, Future[Any]]] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except Exception as error:  # noqa: BLE001  told to whoever reads the answer
            answer.set_exception(error)

    threading.Thread(target=run, name="topic-ids", daemon=True).start()
    return answer


def _is_unknown(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART


def made_anew(topic: str) -> str:
    """The sentence for people."""
    return f"topic {topic} was deleted and made anew; a restart reads the new one from its beginning"
