"""Topics of a cluster: made when they are missing, checked when they are there.

In: the cluster's addresses and what is wanted. Out: topics with a leader for every partition, or an error of the hub.
Who produces and consumes is elsewhere in this package; who runs a broker is `ingest/broker`.
"""

import time
from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata, TopicMetadata  # typed nowhere else
from confluent_kafka.cimpl import NewTopic

from analytics_hub.domain.errors import Broken, Conflict, TryLater
from ingest.kafka.security import OPEN, Security

_POLL_S = 0.02  # a new topic has its leaders after 0.05 s on one node
_REQUEST_S_MAX = 2.0  # one request; the deadline bounds how often it is repeated
_DELETE_S_MAX = 10.0  # one deletion: the answer comes when it is done
_UNANSWERED = (
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NOT_CONTROLLER,
)


def admin_client(bootstrap_servers: str, security: Security = OPEN) -> AdminClient:
    """A client for administration. It is quiet: whoever waits tells what went wrong."""
    # log_level 0 lets through emergencies only: a broker that is not up yet is no news.
    return AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0, **security})


def cluster_id(admin: AdminClient, wait_s: float) -> str | None:
    """The id of the cluster that answers; None when none does in that time."""
    try:
        metadata = admin.list_topics(timeout=wait_s)
    except KafkaException:
        return None
    return str(metadata.cluster_id) if metadata.brokers else None


def topic_partitions(bootstrap_servers: str, wait_s: float, security: Security = OPEN) -> dict[str, int]:
    """Every topic with its number of partitions, without those that Kafka keeps for itself."""
    admin = admin_client(bootstrap_servers, security)
    metadata = _metadata(admin, time.monotonic() + wait_s, bootstrap_servers)
    return {
        name: len(topic.partitions)
        for name, topic in sorted(metadata.topics.items())
        if not name.startswith("__")
    }


def ensure_topics(
    bootstrap_servers: str,
    names: Iterable[str],
    partitions: int,
    *,
    replicas: int = 1,
    wait_s: float,
    security: Security = OPEN,
) -> None:
    """Makes the topics that are missing and waits until every partition of all of them has a leader. A write to a
    topic made here needs all copies but one (`min.insync.replicas`).

    Raises Conflict when a topic has another number of partitions, TryLater when the deadline passes, Broken when the
    cluster refuses."""
    ends_s = time.monotonic() + wait_s
    wanted = list(dict.fromkeys(names))
    admin = admin_client(bootstrap_servers, security)
    present = _metadata(admin, ends_s, bootstrap_servers).topics
    missing = [name for name in wanted if name not in present]
    if missing:
        _create(admin, missing, partitions, replicas, ends_s)
    while True:
        found = _metadata(admin, ends_s, bootstrap_servers).topics
        if all(name in found and _has_leaders(found[name]) for name in wanted):
            break
        time.sleep(_POLL_S)
    for name in wanted:
        if len(found[name].partitions) != partitions:
            raise Conflict(
                "topic_partitions",
                f"topic {name} has {len(found[name].partitions)} partitions, {partitions} were asked for; "
                "HUB_KAFKA_PARTITIONS must say what the topic has",
            )


def delete_topic(bootstrap_servers: str, name: str, *, wait_s: float) -> None:
    """Deletes a topic and what is in it. Raises Broken when the cluster refuses, or does not answer in time."""
    admin = admin_client(bootstrap_servers)  # named: a client that is let go ends its requests
    ends_s = time.monotonic() + wait_s
    asked = False
    while True:
        fault = _deletion_fault(admin, name, max(0.1, min(ends_s - time.monotonic(), _DELETE_S_MAX)))
        if fault is None or (asked and fault.code() == KafkaError.UNKNOWN_TOPIC_OR_PART):
            return
        asked = True
        if fault.code() not in _UNANSWERED or time.monotonic() >= ends_s:
            raise Broken("topic_not_deleted", f"topic {name} could not be deleted: {fault.str()}")
        time.sleep(_POLL_S)


def _deletion_fault(admin: AdminClient, name: str, wait_s: float) -> KafkaError | None:
    """One request: a broker that was frozen or restarted may leave one without an answer, and take the next."""
    request = admin.delete_topics([name], operation_timeout=wait_s, request_timeout=wait_s)[name]
    try:
        request.result(timeout=wait_s + 1)
    except TimeoutError:
        return KafkaError(KafkaError._TIMED_OUT)
    except KafkaException as error:
        fault: KafkaError = error.args[0]
        return fault
    return None


def _create(admin: AdminClient, names: list[str], partitions: int, replicas: int, ends_s: float) -> None:
    left_s = max(1.0, ends_s - time.monotonic())
    # One copy may be away and a write still counts as kept by all that matter.
    config = {"min.insync.replicas": str(max(1, replicas - 1))}
    wanted = [
        NewTopic(name, num_partitions=partitions, replication_factor=replicas, config=config)
        for name in names
    ]
    for name, request in admin.create_topics(wanted, operation_timeout=left_s).items():
        try:
            request.result(timeout=left_s + 1)
        except TimeoutError as error:
            raise TryLater("kafka_slow", f"topic {name} was not made within {left_s:.0f} s") from error
        except KafkaException as error:
            fault = error.args[0]
            # Somebody else was faster: as good.
            if fault.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise Broken("topic_not_made", f"topic {name} could not be made: {fault.str()}") from error


def _has_leaders(topic: TopicMetadata) -> bool:
    partitions = topic.partitions.values()
    return bool(partitions) and all(one.error is None and one.leader >= 0 for one in partitions)


def _metadata(admin: AdminClient, ends_s: float, bootstrap_servers: str) -> ClusterMetadata:
    """What the cluster says of itself, asked for until the deadline."""
    while True:
        left_s = ends_s - time.monotonic()
        try:
            return admin.list_topics(timeout=max(0.1, min(left_s, _REQUEST_S_MAX)))
        except KafkaException as error:
            if time.monotonic() >= ends_s:
                raise TryLater(
                    "kafka_silent", f"no Kafka broker answers at {bootstrap_servers}: {error.args[0].str()}"
                ) from error
            time.sleep(_POLL_S)
