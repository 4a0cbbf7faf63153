"""Places for open streams of whatever kind: so many of a tenant, so many of a process, and an end for all of them.

In: a tenant, a subscription. Out: a place for as long as the stream is open, or an error. For one event loop.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from analytics_hub.domain.errors import RateLimited, TryLater
from analytics_hub.domain.live import EndReason, LiveBounds
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.live_subscription import Subscription
from analytics_hub.telemetry import LIVE_STREAMS

_RETRY_AFTER_S = 5.0


class StreamPlaces:
    """All streams of one process."""

    def __init__(self, bounds: LiveBounds) -> None:
        self._bounds = bounds
        self._streams = Counter[TenantId]()
        self._subscriptions: set[Subscription[Any]] = set()
        self._stopping = False

    def stop(self) -> None:
        """Every stream ends with `stopping`; no other one begins."""
        self._stopping = True
        for subscription in tuple(self._subscriptions):
            subscription.end(EndReason.STOPPING, "This process stops: open the stream again.")

    @contextmanager
    def counted(self, tenant: TenantId) -> Iterator[None]:
        """Raises RateLimited when the tenant has too many streams, TryLater when the process has, or stops."""
        if self._stopping:
            raise _stopping()
        if self._streams[tenant] >= self._bounds.tenant_streams_max:
            most = self._bounds.tenant_streams_max
            raise RateLimited(
                "too_many_streams",
                f"A tenant has at most {most} open streams.",
                retry_after_s=_RETRY_AFTER_S,
            )
        if self._streams.total() >= self._bounds.streams_max:
            raise TryLater("streams_full", "No stream can be opened now.", retry_after_s=_RETRY_AFTER_S)
        self._streams[tenant] += 1
        LIVE_STREAMS.inc()
        try:
            yield
        finally:
            LIVE_STREAMS.dec()
            self._streams[tenant] -= 1
            if not self._streams[tenant]:
                del self._streams[tenant]

    @contextmanager
    def open(self, subscription: Subscription[Any]) -> Iterator[None]:
        """While inside, it ends with the process."""
        if self._stopping:
            raise _stopping()
        self._subscriptions.add(subscription)
        try:
            yield
        finally:
            self._subscriptions.discard(subscription)


def _stopping() -> TryLater:
    return TryLater("draining", "This process is stopping: open the stream again.", retry_after_s=1)
