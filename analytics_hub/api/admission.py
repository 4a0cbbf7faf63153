"""Who may ask now: a rate and a number of places for each tenant, so that one tenant's storm takes nothing from others.

In: a tenant. Out: leave to ask until a block ends, or RateLimited (its own fault) or TryLater (everybody's)
with the seconds after which to come again. `analytics_hub/api/access.py` asks this for every route that asks for a
right, and gives the place back when the answer is made: sending it, and what a stream sends later, need none.
"""

from collections import OrderedDict
from contextlib import AsyncExitStack
from typing import Final

from analytics_hub.api.places import Places
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import RateLimited, TryLater
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.token_bucket import TokenBucket
from analytics_hub.settings import AdmissionSettings
from analytics_hub.telemetry import QUESTIONS_REFUSED

CONNECTIONS_DEFAULT: Final = 8


class Admission:
    """Of one process. `connections`: what questions share, the reader connections."""

    def __init__(
        self, settings: AdmissionSettings, clock: Clock, *, connections: int = CONNECTIONS_DEFAULT
    ) -> None:
        self.places = Places(settings, connections)
        self._rates = _Rates(settings, clock)

    async def admit(self, tenant: TenantId, until: AsyncExitStack) -> None:
        """Leave to ask, given back when the stack ends. Raises RateLimited or TryLater."""
        try:
            self._rates.spend(tenant)
            await until.enter_async_context(self.places.place(tenant))
        except TryLater as refused:
            QUESTIONS_REFUSED.labels(refused.code).inc()
            raise


class _Rates:
    """The buckets of the tenants seen last, up to a bound."""

    def __init__(self, settings: AdmissionSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._buckets: OrderedDict[TenantId, TokenBucket] = OrderedDict()

    def spend(self, tenant: TenantId) -> None:
        """Raises RateLimited when the tenant has asked too much in too short a time."""
        if self._settings.requests_per_s == 0:
            return
        now_s = self._clock.monotonic_s()
        bucket = self._of(tenant, now_s)
        wait_s = bucket.wait_s(now_s)
        if wait_s > 0:
            message = "Your tenant asks too many questions a second."
            raise RateLimited("rate_exceeded", message, retry_after_s=wait_s)
        bucket.spend(1)

    def _of(self, tenant: TenantId, now_s: float) -> TokenBucket:
        found = self._buckets.get(tenant)
        if found is None:
            settings = self._settings
            found = self._buckets[tenant] = TokenBucket(settings.requests_per_s, settings.burst_s, now_s)
        self._buckets.move_to_end(tenant)
        while len(self._buckets) > self._settings.tenants_max:
            self._buckets.popitem(last=False)
        return found
