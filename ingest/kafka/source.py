"""Kafka as a `RecordSource`: a member of a consumer group that reads from the offsets it is told.

In: the group's addresses and bounds. Out: records by partition; to the holder, which partitions come and go.

Kafka's own offsets are never read: the group gives partitions, the database says where each one stands, so an
assignment begins empty and every partition is added when its offset is known. `auto.offset.reset=error`: an
offset that Kafka no longer has halts the partition instead of jumping. Which topic a name means is watched by
`topic_ids.py`.
"""

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken
from analytics_hub.settings import KafkaSettings, WorkerSettings
from ingest.kafka.security import security_config
from ingest.kafka.topic_ids import MADE_ANEW, TopicIds, made_anew
from ingest.records import Holder, Origin, PartitionId, Record

if TYPE_CHECKING:
    _Message = Message[bytes, bytes]  # the class takes parameters only in its stub
else:
    _Message = Message

_LOG = structlog.get_logger(__name__)
_EVENT_BYTES: Final = 512  # about what an event takes, for records that do not say how many they hold
_TELL_S: Final = 2.0  # for the last word to Kafka; nothing depends on it
_LEAVE_S: Final = 5.0  # to leave the group
_OUT_OF_REACH: Final = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)


class KafkaSource:
    """One member of the group. `origin` is safe from any thread."""

    def __init__(
        self, kafka: KafkaSettings, worker: WorkerSettings, clock: Clock, *, name: str = "hub-worker"
    ) -> None:
        self._worker = worker
        self._clock = clock
        self._unanswered = 0
        self._names = [kafka.topic, *kafka.direct_slugs()]
        self._topics = TopicIds(kafka, clock, check_s=worker.topic_check_s, names=self._names)
        self._missing: list[str] = []
        self._holder: Holder | None = None
        self._reading: set[PartitionId] = set()
        self._consumer = Consumer(
            consumer_config(kafka, name) | {"on_commit": self._answered}, logger=logging.getLogger("kafka")
        )

    def join(self, holder: Holder) -> None:
        self._holder = holder
        self._consumer.subscribe(
            self._names, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )

    def poll(self) -> Mapping[PartitionId, Sequence[Record]]:
        messages = self._consumer.consume(
            self._worker.poll_messages_max, self._worker.poll_wait_ms_max / 1000
        )
        came: dict[PartitionId, list[Record]] = {}
        for message in messages:
            fault = message.error()
            if fault is not None:
                self._faulty(message, fault)
                continue
            came.setdefault(_id(message), []).append(_record(message))
        self._check_topics()
        return came

    def origin(self, partition: PartitionId) -> Origin:
        return self._topics.origin(partition)

    def start(self, offsets: Mapping[PartitionId, int]) -> None:
        ours = {id_: offset for id_, offset in offsets.items() if id_ not in self._reading}
        if ours:
            self._consumer.incremental_assign([_pair(id_, offset) for id_, offset in ours.items()])
            self._reading.update(ours)

    def stop(self, partitions: Iterable[PartitionId]) -> None:
        ours = self._reading.intersection(partitions)
        if ours:
            self._consumer.incremental_unassign([_pair(id_) for id_ in ours])
            self._reading -= ours

    def pause(self, partitions: Iterable[PartitionId]) -> None:
        if ours := self._reading.intersection(partitions):
            self._consumer.pause([_pair(id_) for id_ in ours])

    def resume(self, partitions: Iterable[PartitionId]) -> None:
        if ours := self._reading.intersection(partitions):
            self._consumer.resume([_pair(id_) for id_ in ours])

    def ends(self, partitions: Iterable[PartitionId]) -> Mapping[PartitionId, int]:
        known: dict[PartitionId, int] = {}
        for id_ in self._reading.intersection(partitions):
            marks = self._consumer.get_watermark_offsets(_pair(id_), cached=True)
            if marks is not None and marks[1] >= 0:
                known[id_] = marks[1]
        return known

    def tell(self, offsets: Mapping[PartitionId, int], *, wait: bool = False) -> None:
        pairs = [_pair(id_, offset) for id_, offset in offsets.items() if id_ in self._reading]
        if not pairs:
            return
        try:
            self._consumer.commit(offsets=pairs, asynchronous=True)
        except KafkaException as error:
            _LOG.warning("offsets not told to Kafka; lag tools will be wrong", error=str(error))
            return
        self._unanswered += 1
        ends_s = self._clock.monotonic_s() + _TELL_S
        while wait and self._unanswered and self._clock.monotonic_s() < ends_s:
            self.poll()

    def close(self) -> None:
        """In a thread: the client has no bound of its own for a broker that does not answer."""
        leaving = threading.Thread(target=self._consumer.close, name="hub-leave", daemon=True)
        leaving.start()
        leaving.join(_LEAVE_S)
        if leaving.is_alive():
            _LOG.warning("the group has not let us go; it will miss us when the session ends")

    def _assigned(self, consumer: Consumer, pairs: list[TopicPartition]) -> None:
        consumer.incremental_assign([])  # else the client begins to read by itself
        if self._holder is not None:
            self._holder.assigned(_ids(pairs))

    def _revoked(self, consumer: Consumer, pairs: list[TopicPartition]) -> None:
        if self._holder is not None:
            self._holder.revoked(_ids(pairs))
        self._unassign(consumer, pairs)

    def _lost(self, consumer: Consumer, pairs: list[TopicPartition]) -> None:
        if self._holder is not None:
            self._holder.lost(_ids(pairs))
        self._unassign(consumer, pairs)

    def _unassign(self, consumer: Consumer, pairs: list[TopicPartition]) -> None:
        """Only what was added: of the others the client knows nothing. The empty call is its confirmation."""
        gone = self._reading.intersection(_ids(pairs))
        consumer.incremental_unassign([_pair(id_) for id_ in gone])
        self._reading -= gone

    def _answered(self, error: KafkaError | None, _pairs: list[TopicPartition]) -> None:
        self._unanswered = 0
        if error is not None:
            _LOG.warning("offsets not told to Kafka; lag tools will be wrong", error=error.str())

    def _faulty(self, message: _Message, fault: KafkaError) -> None:
        id_ = _id(message)
        if fault.code() in _OUT_OF_REACH and self._holder is not None:
            self._holder.unreadable(id_, "offset_out_of_range", fault.str())
        else:
            _LOG.warning("Kafka says", partition=str(id_), code=fault.name(), error=fault.str())

    def _check_topics(self) -> None:
        anew, missing = self._topics.made_anew(), self._topics.missing()
        if missing != self._missing and self._holder is not None:
            self._missing = missing
            self._holder.missing(missing)
        for topic in anew:
            for id_ in [id_ for id_ in self._reading if id_.topic == topic]:
                if self._holder is not None:
                    self._holder.unreadable(id_, MADE_ANEW, made_anew(topic))


def _troubled(error: KafkaError) -> None:
    _LOG.warning("Kafka client", code=error.name(), error=error.str())


def consumer_config(kafka: KafkaSettings, name: str) -> dict[str, Any]:
    """The client's own names for what our settings say."""
    return {
        "bootstrap.servers": kafka.bootstrap_servers,
        "client.id": name,
        "group.id": kafka.group,
        "partition.assignment.strategy": "cooperative-sticky",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "session.timeout.ms": kafka.session_timeout_ms,
        "heartbeat.interval.ms": max(300, kafka.session_timeout_ms // 5),
        "max.poll.interval.ms": max(kafka.poll_interval_ms_max, kafka.session_timeout_ms),
        "queued.max.messages.kbytes": kafka.fetch_buffer_kb_max,
        "error_cb": _troubled,
        "topic.metadata.refresh.interval.ms": 10_000,  # how soon a topic is found that is made later
        "fetch.queue.backoff.ms": 10,  # the default of 1000 drains small messages six times slower
        **security_config(kafka),
    }


def _record(message: _Message) -> Record:
    # The client's types allow what only a producer does: text, and headers as a dictionary.
    headers = cast("Sequence[tuple[str, bytes | None]]", message.headers() or ())
    value = message.value() or b""
    kind, timestamp_ms = message.timestamp()
    offset = message.offset()
    if offset is None:
        raise Broken("record_without_offset", f"Kafka gave a record of {_id(message)} without an offset")
    return Record(offset, timestamp_ms if kind else 0, headers, value, _about_events(headers, len(value)))


def _about_events(headers: Sequence[tuple[str, bytes | None]], size: int) -> int:
    for name, text in headers:
        if name == "events" and text is not None and text.isdigit():
            return int(text)
    return size // _EVENT_BYTES + 1


def _id(message: _Message) -> PartitionId:
    number = message.partition()
    return PartitionId(message.topic() or "", -1 if number is None else number)


def _pair(id_: PartitionId, offset: int | None = None) -> TopicPartition:
    return TopicPartition(*id_) if offset is None else TopicPartition(*id_, offset)


def _ids(pairs: Iterable[TopicPartition]) -> list[PartitionId]:
    return [PartitionId(pair.topic, pair.partition) for pair in pairs]
