"""Every flush is counted once it is durable, timed whatever became of it, and traced with its requests."""

from typing import Any

import pytest

from analytics_hub.domain.errors import TryLater
from ingest.memory import MemorySink
from ingest.observed import ObservedSink
from ingest.ports import Fenced, Flushed
from tests.support.ingest import event, events, prepared
from tests.support.metrics import Counted
from tests.support.tracing import CALLER, CALLER_TRACE_ID, Spans, trace_id


class Away(MemorySink):
    """A database that does not answer."""

    closed = False

    def flush(self, *_: Any, **__: Any) -> Flushed:
        raise TryLater("database_unavailable", "away")

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_a_flush_is_counted_by_outcome(counted: Counted) -> None:
    sink = ObservedSink(MemorySink())
    sink.flush(prepared(events(range(3))))
    sink.flush(prepared([event(0), event(7), b"{}", b"{}"]))
    outcomes = ("received", "stored", "duplicate", "rejected")
    moved = [counted.since("hub_events_total", outcome=outcome) for outcome in outcomes]
    assert moved == [7, 4, 1, 2]
    assert counted.since("hub_dead_letters_total") == 2
    assert counted.since("hub_flush_events_sum") == 7
    assert counted.since("hub_flush_seconds_count") == 2


def test_a_fenced_flush_counts_no_event(counted: Counted) -> None:
    twin = MemorySink()
    sink = ObservedSink(twin)
    fence = sink.claim("p", 0)
    twin.claim("p", 0)
    with pytest.raises(Fenced):
        sink.flush(prepared(events(range(3))), fence, 3)
    assert counted.since("hub_flush_fenced_total") == 1
    assert counted.since("hub_events_total", outcome="received") == 0


def test_a_flush_that_fails_is_timed_but_not_counted(counted: Counted) -> None:
    with pytest.raises(TryLater):
        ObservedSink(Away()).flush(prepared(events(range(3))))
    assert counted.since("hub_flush_seconds_count") == 1
    assert counted.since("hub_flush_events_count") == 0
    assert counted.since("hub_events_total", outcome="received") == 0


def test_a_batch_that_an_earlier_try_had_stored_is_counted_once(counted: Counted) -> None:
    twin = MemorySink()
    fence = twin.claim("p", 0)
    twin.flush(prepared(events(range(3))), fence, 3)
    flushed = ObservedSink(twin).flush(prepared(events(range(3))), fence, 3)
    assert flushed.already_committed
    assert counted.since("hub_events_total", outcome="received") == 3


def test_a_flush_is_in_the_trace_of_its_requests() -> None:
    spans = Spans()
    batch = prepared(events(range(3)))
    batch.traceparents = [CALLER]
    ObservedSink(MemorySink()).flush(batch)
    done = spans.finished()
    assert {name: trace_id(one) for name, one in done.items()} == {"flush": CALLER_TRACE_ID}


def test_closing_closes_the_sink_inside() -> None:
    away = Away()
    ObservedSink(away).close()
    assert away.closed
