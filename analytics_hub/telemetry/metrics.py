"""The registry that `/metrics` serves, and the metrics of the HTTP face.

Those of the stream are in `stream.py`, those of the closer in `closing.py`. No metric carries a tenant: their number
is not ours to bound.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

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
QUESTIONS_ASKING: Final = Gauge(
    "hub_questions_asking", "Questions that are being answered.", registry=REGISTRY
)
QUESTIONS_WAITING: Final = Gauge(
    "hub_questions_waiting", "Questions that wait for their turn.", registry=REGISTRY
)
QUESTIONS_REFUSED: Final = Counter(
    "hub_questions_refused", "Questions refused before they were asked.", ["reason"], registry=REGISTRY
)
