"""The metrics of the stream, from the collector through the broker to the flush.

In: whoever does the thing counts it; the flush is counted in one place, `ingest/observed.py`. Labels are
bounded: outcomes, reject codes and partitions that this process holds, never a tenant.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from analytics_hub.telemetry.metrics import REGISTRY

_PARTITION: Final = ("topic", "partition")

EVENTS: Final = Counter(
    "hub_events",
    "Events of durable flushes: received, and what became of them (stored, duplicate, rejected).",
    ["outcome"],
    registry=REGISTRY,
)
INGEST_REJECTS: Final = Counter(
    "hub_ingest_rejects", "Events refused at the edge, by reject code.", ["code"], registry=REGISTRY
)
FLUSH_SECONDS: Final = Histogram(
    "hub_flush_seconds",
    "Time of a flush, its retries included.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0),
    registry=REGISTRY,
)
FLUSH_EVENTS: Final = Histogram(
    "hub_flush_events",
    "Events received in one flush.",
    buckets=(1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000),
    registry=REGISTRY,
)
FLUSH_RETRIES: Final = Counter(
    "hub_flush_retries", "Times a flush was tried again after a passing fault.", registry=REGISTRY
)
FLUSH_FENCED: Final = Counter(
    "hub_flush_fenced", "Flushes refused because another writer holds the partition.", registry=REGISTRY
)
CONSUMER_LAG_MESSAGES: Final = Gauge(
    "hub_consumer_lag_messages",
    "Messages in the partition that the database does not have yet.",
    _PARTITION,
    registry=REGISTRY,
)
CONSUMER_LAG_SECONDS: Final = Gauge(
    "hub_consumer_lag_seconds",
    "Age of the oldest message in the partition that the database does not have yet.",
    _PARTITION,
    registry=REGISTRY,
)
PARTITION_HALTED: Final = Gauge(
    "hub_partition_halted",
    "1 while a partition is stopped and needs a person.",
    _PARTITION,
    registry=REGISTRY,
)
WORKER_BUFFERED_EVENTS: Final = Gauge(
    "hub_worker_buffered_events", "Events read from Kafka that wait to be decoded.", registry=REGISTRY
)
UNATTRIBUTED_MESSAGES: Final = Counter(
    "hub_unattributed_messages",
    "Messages that no tenant can be charged with, by reason.",
    ["code"],
    registry=REGISTRY,
)
QUEUE_FILL: Final = Gauge(
    "hub_queue_fill", "How full a bounded queue is, from 0 to 1.", ["queue"], registry=REGISTRY
)
PRODUCE_SECONDS: Final = Histogram(
    "hub_produce_seconds",
    "Time from handing a body to the producer until the broker has all of it.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    registry=REGISTRY,
)
PRODUCE_FAILURES: Final = Counter(
    "hub_produce_failures", "Bodies that did not become durable in the broker.", ["reason"], registry=REGISTRY
)
DEAD_LETTERS: Final = Counter("hub_dead_letters", "Dead letters kept.", registry=REGISTRY)
LEDGER_BROKEN_HOURS: Final = Gauge(
    "hub_ledger_broken_hours",
    "Hours in which received is not stored + duplicate + rejected. Anything but 0 is an alarm.",
    registry=REGISTRY,
)
