"""What a tenant may send: two token buckets, events and bytes a second, each saving up for `burst_s`.

In: a tenant's number and the size of a body. Out: nothing, or RateLimited with the seconds until it may send
again. A bucket lets a body pass while anything is left in it and then goes below zero, so that a body larger than
the burst is late, not lost. What was not taken after all is given back.
"""

from collections import OrderedDict

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import RateLimited
from analytics_hub.domain.token_bucket import TokenBucket
from analytics_hub.settings import CollectorSettings


class Quotas:
    """The buckets of all tenants; those of the tenants seen last, up to a bound."""

    def __init__(self, settings: CollectorSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._buckets: OrderedDict[int, tuple[TokenBucket | None, TokenBucket | None]] = OrderedDict()
        self.counts_events = settings.events_per_s > 0
        """False when nobody needs to count the events of a body for this."""
        self._off = settings.events_per_s == 0 and settings.bytes_per_s == 0

    def spend(self, tenant_id: int, *, events: int, size_bytes: int) -> None:
        """Raises RateLimited when the tenant has nothing left of either."""
        if self._off:
            return
        by_events, by_bytes = self._of(tenant_id)
        now_s = self._clock.monotonic_s()
        for bucket, what in ((by_events, "events"), (by_bytes, "bytes")):
            if bucket is not None and (wait_s := bucket.wait_s(now_s)) > 0:
                raise RateLimited(
                    "quota_exceeded", f"Your key sends too many {what} a second.", retry_after_s=wait_s
                )
        self._move(tenant_id, events, size_bytes)

    def give_back(self, tenant_id: int, *, events: int, size_bytes: int) -> None:
        """The body was not taken after all."""
        if not self._off:
            self._move(tenant_id, -events, -size_bytes)

    def _move(self, tenant_id: int, events: int, size_bytes: int) -> None:
        by_events, by_bytes = self._of(tenant_id)
        if by_events is not None:
            by_events.spend(events)
        if by_bytes is not None:
            by_bytes.spend(size_bytes)

    def _of(self, tenant_id: int) -> tuple[TokenBucket | None, TokenBucket | None]:
        found = self._buckets.get(tenant_id)
        if found is None:
            settings, now_s = self._settings, self._clock.monotonic_s()
            rates = (settings.events_per_s, settings.bytes_per_s)
            by_events, by_bytes = (
                TokenBucket(rate, settings.burst_s, now_s) if rate else None for rate in rates
            )
            found = self._buckets[tenant_id] = (by_events, by_bytes)
        self._buckets.move_to_end(tenant_id)
        while len(self._buckets) > self._settings.quota_tenants_max:
            self._buckets.popitem(last=False)
        return found
