"""Traces: one trace id from the request through the header of a record to the flush. Off by default.

In: `span(…)` around what takes time. Out: OpenTelemetry spans, once `exporting.py` has given a tracer. While there is
none a span costs one call of a function. What leaves with a record is `traceparent()`; a flush that gathers many
requests belongs to the trace of the first one and is linked to the others.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

LINKS_MAX: Final = 128
"""Requests that a flush is linked to; OpenTelemetry keeps no more of a span by default."""

_HEADER: Final = "traceparent"
_OFF: Final[AbstractContextManager[None]] = nullcontext()
_PROPAGATOR: Final = TraceContextTextMapPropagator()


class _State:
    tracer: Tracer | None = None
    """None while tracing is off."""


def trace_with(tracer: Tracer | None) -> None:
    """Make spans with this tracer from now on; None ends it."""
    _State.tracer = tracer


def span(
    name: str, *, parents: Sequence[str] = (), server: bool = False, **attributes: str | int
) -> AbstractContextManager[None]:
    """A span around a block. `parents`: trace contexts from outside; without one, the span around this one."""
    tracer = _State.tracer
    return _OFF if tracer is None else _span(tracer, name, parents, server, attributes)


def traceparent() -> str:
    """The trace context to send along, "" while nothing is traced or this request was not sampled."""
    if _State.tracer is None or not trace.get_current_span().get_span_context().trace_flags.sampled:
        return ""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get(_HEADER, "")


@contextmanager
def _span(
    tracer: Tracer, name: str, parents: Sequence[str], server: bool, attributes: dict[str, str | int]
) -> Iterator[None]:
    contexts = [_context(parent) for parent in list(dict.fromkeys(parents))[: LINKS_MAX + 1]]
    links = [Link(trace.get_current_span(context).get_span_context()) for context in contexts[1:]]
    with tracer.start_as_current_span(
        name,
        context=contexts[0] if contexts else None,
        kind=SpanKind.SERVER if server else SpanKind.INTERNAL,
        links=links,
        attributes=attributes,
    ):
        yield


def _context(parent: str) -> Context:
    return _PROPAGATOR.extract({_HEADER: parent})
