"""What decoding must know of a tenant, kept a few seconds, so that a change counts soon and the database is
asked seldom.

In: a function that loads the limits of one tenant by its number. Out: `TenantRules` for the core. While the
loader raises TryLater, what was known stays good for a while: nobody can change a tenant in a database that is
away. The loader in production is `analytics_hub/storage/tenant_rules.py`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.tenant import TenantLimits
from rust_core import TenantRules

_MICROSECOND = timedelta(microseconds=1)

LoadLimits = Callable[[int], TenantLimits | None]
"""By number; None when there is no such tenant. Raises TryLater when nobody can say."""


@dataclass(frozen=True, slots=True)
class _Kept:
    rules: TenantRules | None
    loaded_s: float
    fresh_until_s: float


class TenantDirectory:
    """The cached `TenantRulesPort`. Any thread may ask; the loader is never called twice at a time."""

    def __init__(
        self, load: LoadLimits, clock: Clock, *, cache_s: float, cache_max: int, stale_s: float = 0
    ) -> None:
        self._load = load
        self._clock = clock
        self._cache_s = cache_s
        self._cache_max = cache_max
        self._stale_s = stale_s
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._loading = threading.Lock()

    def fresh(self, tenant_id: int) -> TenantRules | None:
        """What is known without asking anybody: never waits. None: ask `rules`, on a thread that may wait."""
        kept = self._kept.get(tenant_id)
        return kept.rules if kept and kept.fresh_until_s > self._clock.monotonic_s() else None

    def rules(self, tenant_id: int) -> TenantRules | None:
        """None when there is no such tenant. Raises TryLater when nobody can say."""
        with self._loading:
            now_s = self._clock.monotonic_s()
            kept = self._kept.get(tenant_id)
            if kept and kept.fresh_until_s > now_s:
                return kept.rules
            try:
                limits = self._load(tenant_id)
            except TryLater:
                if kept is None or now_s - kept.loaded_s > self._stale_s:
                    raise
                self._keep(tenant_id, _Kept(kept.rules, kept.loaded_s, now_s + self._cache_s))
                return kept.rules
            rules = None if limits is None else rules_of(limits)
            self._keep(tenant_id, _Kept(rules, now_s, now_s + self._cache_s))
            return rules

    def _keep(self, tenant_id: int, kept: _Kept) -> None:
        self._kept[tenant_id] = kept
        self._kept.move_to_end(tenant_id)
        while len(self._kept) > self._cache_max:
            self._kept.popitem(last=False)


def rules_of(limits: TenantLimits) -> TenantRules:
    """A tenant's limits in the core's words."""
    horizon = limits.late_horizon
    return TenantRules(
        limits.tenant_id,
        limits.slug,
        None if horizon is None else horizon // _MICROSECOND,
        limits.declared_tags,
    )
