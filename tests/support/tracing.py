"""Traces in memory: what was exported, once tracing has ended."""

from contextlib import ExitStack

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from analytics_hub.settings import TraceSettings
from analytics_hub.telemetry.exporting import traced

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""A trace context that a client has sent: sampled."""
CALLER_TRACE_ID = CALLER.split("-")[1]

ALL = TraceSettings(enabled=True, sample_ratio=1)


class Spans:
    """Tracing is on from here until `finished` is asked for."""

    def __init__(self, settings: TraceSettings = ALL) -> None:
        self._exporter = InMemorySpanExporter()
        self._stack = ExitStack()
        self._stack.enter_context(traced(settings, "test", self._exporter))

    def finished(self) -> dict[str, ReadableSpan]:
        """By name; ends tracing."""
        self._stack.close()
        return {one.name: one for one in self._exporter.get_finished_spans()}


def trace_id(one: ReadableSpan) -> str:
    context = one.get_span_context()
    assert context is not None
    return f"{context.trace_id:032x}"
