"""What the processes say about themselves: structured logs and Prometheus metrics. Facts go in as key=value.

`configure_logging()` is called once by whoever starts a process; `/metrics` serves `REGISTRY`. No metric
carries a tenant: their number is not ours to bound.
"""

import logging
import sys
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from analytics_hub.settings import LogSettings

# Else every counter has a second series, for a feature that hardly any server reads.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY: Final = CollectorRegistry()
"""Our own, so that a test or a second app in one process does not inherit strangers' metrics."""

HTTP_REQUESTS: Final = Counter(
    "hub_http_requests", "Requests answered.", ["method", "route", "status"], registry=REGISTRY
)
HTTP_SECONDS: Final = Histogram(
    "hub_http_seconds",
    "Time from request to answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=REGISTRY,
)
QUERY_MINUTES: Final = Counter(
    "hub_query_minutes", "Minutes of usage read, by rollup level.", ["level"], registry=REGISTRY
)
CLOSED_HOURS: Final = Counter("hub_closed_hours", "Hours closed.", registry=REGISTRY)


def configure_logging(settings: LogSettings) -> None:
    """Send structlog and the standard library's logging to stderr, in one shape."""
    render: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.level.upper()]
        ),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
