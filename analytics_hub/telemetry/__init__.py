"""What the processes say about themselves: logs, metrics and traces, each in its own file."""

from analytics_hub.telemetry.logs import configure_logging
from analytics_hub.telemetry.metrics import (
    CLOSED_HOURS,
    HTTP_REQUESTS,
    HTTP_SECONDS,
    QUERY_MINUTES,
    REGISTRY,
)
from analytics_hub.telemetry.stream import (
    CONSUMER_LAG_MESSAGES,
    CONSUMER_LAG_SECONDS,
    DEAD_LETTERS,
    EVENTS,
    FLUSH_EVENTS,
    FLUSH_FENCED,
    FLUSH_RETRIES,
    FLUSH_SECONDS,
    INGEST_REJECTS,
    LEDGER_BROKEN_HOURS,
    PARTITION_HALTED,
    PRODUCE_FAILURES,
    PRODUCE_SECONDS,
    QUEUE_FILL,
    UNATTRIBUTED_MESSAGES,
    WORKER_BUFFERED_EVENTS,
)
from analytics_hub.telemetry.tracing import span, traceparent

__all__ = [
    "CLOSED_HOURS",
    "CONSUMER_LAG_MESSAGES",
    "CONSUMER_LAG_SECONDS",
    "DEAD_LETTERS",
    "EVENTS",
    "FLUSH_EVENTS",
    "FLUSH_FENCED",
    "FLUSH_RETRIES",
    "FLUSH_SECONDS",
    "HTTP_REQUESTS",
    "HTTP_SECONDS",
    "INGEST_REJECTS",
    "LEDGER_BROKEN_HOURS",
    "PARTITION_HALTED",
    "PRODUCE_FAILURES",
    "PRODUCE_SECONDS",
    "QUERY_MINUTES",
    "QUEUE_FILL",
    "REGISTRY",
    "UNATTRIBUTED_MESSAGES",
    "WORKER_BUFFERED_EVENTS",
    "configure_logging",
    "span",
    "traceparent",
]
