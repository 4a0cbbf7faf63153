"""The metrics of live streams, and of the notices that wake them. None carries a tenant."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from analytics_hub.telemetry.metrics import REGISTRY

LIVE_STREAMS: Final = Gauge("hub_live_streams", "Live streams that are open.", registry=REGISTRY)
LIVE_FEEDS: Final = Gauge(
    "hub_live_feeds", "Questions that open streams ask, equal ones counted once.", registry=REGISTRY
)
LIVE_MESSAGES: Final = Counter(
    "hub_live_messages",
    "Messages handed to streams: snapshot, change, end.",
    ["kind"],
    registry=REGISTRY,
)
LIVE_ENDS: Final = Counter(
    "hub_live_ends", "Streams that the process ended, by reason.", ["reason"], registry=REGISTRY
)
LIVE_PUSH_SECONDS: Final = Histogram(
    "hub_live_push_seconds",
    "Time from hearing of a commit until its change is handed to the streams.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=REGISTRY,
)
CHANGES_HEARD: Final = Counter(
    "hub_changes_heard", "Notices of tenants with open streams.", registry=REGISTRY
)
CHANGES_LISTENING: Final = Gauge(
    "hub_changes_listening", "1 while notices of commits are listened for.", registry=REGISTRY
)
CHANGES_ANNOUNCED: Final = Counter(
    "hub_changes_announced", "Changed tenants that were told to listeners.", registry=REGISTRY
)
CHANGES_UNTOLD: Final = Counter(
    "hub_changes_untold",
    "Changed tenants that could not be told: streams see them when they look by themselves.",
    registry=REGISTRY,
)
