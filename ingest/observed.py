"""The sink, watched: every flush is timed, counted and traced here, whoever runs it.

In: any `EventSink`. Out: the same, with `hub_flush_…` and `hub_events_total` kept and a span around each flush, in the
trace of the requests whose events it holds. Retries inside a flush are counted where they happen
(`ingest/postgres/session.py`).
"""

import time
from typing import Final

from analytics_hub.telemetry import DEAD_LETTERS, EVENTS, FLUSH_EVENTS, FLUSH_FENCED, FLUSH_SECONDS, span
from ingest.decode import PreparedBatch
from ingest.ports import EventSink, Fence, Fenced, Flushed

_RECEIVED: Final = EVENTS.labels("received")
_STORED: Final = EVENTS.labels("stored")
_DUPLICATE: Final = EVENTS.labels("duplicate")
_REJECTED: Final = EVENTS.labels("rejected")


class ObservedSink:
    """Passes everything on and counts what has become durable. As thread-bound as the sink inside."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink

    def claim(self, partition_key: str, first_offset: int) -> Fence:
        return self._sink.claim(partition_key, first_offset)

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        started_s = time.perf_counter()
        try:
            with span("flush", parents=prepared.traceparents):
                flushed = self._sink.flush(prepared, fence, next_offset)
        except Fenced:
            FLUSH_FENCED.inc()
            raise
        finally:
            FLUSH_SECONDS.observe(time.perf_counter() - started_s)
        _count(prepared, flushed)
        return flushed

    def close(self) -> None:
        self._sink.close()


def _count(prepared: PreparedBatch, flushed: Flushed) -> None:
    """A batch that an earlier try had stored after all is counted now: that try came to no end."""
    count = flushed.count
    FLUSH_EVENTS.observe(count.received)
    _RECEIVED.inc(count.received)
    _STORED.inc(count.stored)
    _DUPLICATE.inc(count.duplicate)
    _REJECTED.inc(count.rejected)
    if count.rejected:
        DEAD_LETTERS.inc(len(prepared.rejects()))
