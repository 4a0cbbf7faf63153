"""Sending traces away: the OpenTelemetry SDK and its exporter, which only a process that traces loads in full.

In: `TraceSettings`, once, from whoever starts a process. Out: a tracer for `tracing.py`, while the process runs.
Not re-exported by the package: the SDK takes 0.1 s to import.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.settings import TraceSettings
from analytics_hub.telemetry.tracing import trace_with

_EXPORT_SPANS_MAX: Final = 512  # spans of one request to the trace collector, OpenTelemetry's own choice


@contextmanager
def traced(settings: TraceSettings, service: str, exporter: SpanExporter | None = None) -> Iterator[None]:
    """Trace while inside, if the settings say so. At the end the spans that wait are sent.

    Raises InvalidInput when traces are wanted and the extra `otel` is not installed.
    """
    if not settings.enabled:
        yield
        return
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(settings.sample_ratio),
        resource=Resource.create({"service.name": service}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter or _otlp_exporter(settings),
            max_queue_size=settings.queue_spans_max,
            max_export_batch_size=min(_EXPORT_SPANS_MAX, settings.queue_spans_max),
        )
    )
    trace_with(provider.get_tracer("llm-analytics-hub"))
    try:
        yield
    finally:
        trace_with(None)
        provider.shutdown()


def _otlp_exporter(settings: TraceSettings) -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
            OTLPSpanExporter,
        )
    except ImportError as error:
        raise InvalidInput(
            "no_trace_exporter", "HUB_TRACE_ENABLED", "traces need the extra: llm-analytics-hub[otel]"
        ) from error
    return OTLPSpanExporter(endpoint=settings.endpoint, timeout=settings.export_timeout_s)
