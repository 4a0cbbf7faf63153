"""The metrics of closing hours, in the process that does it. No metric carries a tenant.

In: `analytics_hub/cli/closing_watch.py` moves them.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from analytics_hub.telemetry.metrics import REGISTRY

CLOSED_HOURS: Final = Counter("hub_closed_hours", "Hours closed.", registry=REGISTRY)
CLOSED_DAYS: Final = Counter("hub_closed_days", "Days closed.", registry=REGISTRY)
CLOSER_HOUR_SECONDS: Final = Histogram(
    "hub_closer_hour_seconds",
    "Time to close one hour of one tenant: its share of the transaction.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
    registry=REGISTRY,
)
CLOSER_LAG_SECONDS: Final = Gauge(
    "hub_closer_lag_seconds",
    "Time since a round began that left nothing due: no hour that is over has waited for longer.",
    registry=REGISTRY,
)
CLOSER_HOURS_WAITING: Final = Gauge(
    "hub_closer_hours_waiting", "Hours that are over and not closed.", registry=REGISTRY
)
CLOSER_CONFLICTS: Final = Counter(
    "hub_closer_conflicts", "Closing transactions that had to begin again.", registry=REGISTRY
)
CLOSER_FAILED_TENANTS: Final = Gauge(
    "hub_closer_failed_tenants", "Tenants that the last round could not close.", registry=REGISTRY
)
