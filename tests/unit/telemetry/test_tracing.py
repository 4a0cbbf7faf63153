"""Traces: off they do nothing; on, one id goes from hop to hop through a header."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.settings import TraceSettings
from analytics_hub.telemetry import span, traceparent
from analytics_hub.telemetry.exporting import traced
from analytics_hub.telemetry.tracing import LINKS_MAX
from tests.support.tracing import ALL, CALLER, CALLER_TRACE_ID, Spans, trace_id

NOT_SAMPLED = CALLER[:-2] + "00"


@pytest.fixture
def spans() -> Iterator[Spans]:
    spans = Spans()
    yield spans
    spans.finished()


def test_off_there_is_no_span_and_no_header() -> None:
    spans = Spans(TraceSettings())
    with span("request", parents=[CALLER]):
        assert traceparent() == ""
    assert spans.finished() == {}


def test_one_trace_id_goes_through_a_header(spans: Spans) -> None:
    with span("request", server=True):
        header = traceparent()
    assert traceparent() == ""
    with span("flush", parents=[header]):
        pass
    done = spans.finished()
    assert trace_id(done["request"]) == trace_id(done["flush"]) == header.split("-")[1]
    assert done["flush"].parent is not None
    assert f"{done['flush'].parent.span_id:016x}" == header.split("-")[2]


def test_the_caller_decides_the_trace(spans: Spans) -> None:
    with span("request", parents=[CALLER]):
        assert traceparent().split("-")[1] == CALLER_TRACE_ID
    with span("other", parents=[NOT_SAMPLED]):
        assert traceparent() == ""
    assert set(spans.finished()) == {"request"}


def test_a_flush_of_many_requests_is_linked_to_them(spans: Spans) -> None:
    others = [f"00-{number:032x}-{number:016x}-01" for number in range(1, LINKS_MAX + 10)]
    with span("flush", parents=[CALLER, CALLER, *others]):
        pass
    flush = spans.finished()["flush"]
    assert trace_id(flush) == CALLER_TRACE_ID
    assert [link.context.trace_id for link in flush.links] == list(range(1, LINKS_MAX + 1))


def test_a_span_says_why_its_block_failed(spans: Spans) -> None:
    with pytest.raises(ValueError, match="the cause"), span("flush", topic="llm-events"):
        raise ValueError("the cause")
    flush = spans.finished()["flush"]
    assert not flush.status.is_ok
    assert flush.attributes == {"topic": "llm-events"}


def test_a_caller_that_has_not_decided_is_sampled_by_the_ratio() -> None:
    spans = Spans(TraceSettings(enabled=True, sample_ratio=0))
    with span("request"):
        assert traceparent() == ""
    assert spans.finished() == {}


class _Collector(BaseHTTPRequestHandler):
    received: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        self.received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Nothing to stderr."""


def test_spans_go_where_the_settings_say_before_the_end_returns() -> None:
    with HTTPServer(("127.0.0.1", 0), _Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
        settings = TraceSettings(enabled=True, sample_ratio=1, endpoint=endpoint)
        with traced(settings, "hub-test"), span("request"):
            pass
        server.shutdown()
        thread.join()
    [(path, body)] = _Collector.received
    assert path == "/v1/traces"
    assert b"hub-test" in body


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(InvalidInput, match=r"llm-analytics-hub\[otel\]"), traced(ALL, "test"):
        raise AssertionError("traced without an exporter")
