"""Live usage of two tenants over the in-memory twins, on a clock that the test holds.

In: commits, as a writer makes them. Out: the `LiveService`, and what it asked. Every wait has a deadline.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import HubError
from analytics_hub.domain.live import LiveBounds, LiveChange, LiveEnd, LiveMessage, LiveQuery, LiveSnapshot
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.changes import MemoryChanges
from analytics_hub.query.freshness import MemoryFreshnessStore
from analytics_hub.query.live import LiveService
from analytics_hub.query.live_subscription import LiveSubscription
from analytics_hub.query.memory import Delta, MemoryUsageStore
from analytics_hub.query.service import UsageService

NOW = datetime(2026, 11, 5, 12, 30, 20, tzinfo=UTC)
MINUTE = NOW.replace(second=0)
ACME, OTHER = TenantId(1), TenantId(2)
QUICK = LiveBounds(push_every_s=0.001, look_every_s=3600)
"""No look within a test: whatever is told was heard of."""
WAIT_S = 120.0
_T = TypeVar("_T")


@dataclass
class LiveWorld:
    """While `may_answer` is clear, questions wait; while `fails` is set, they fail."""

    bounds: LiveBounds = QUICK
    fails: HubError | None = None
    asked: list[UsageQuery] = field(default_factory=list)
    asking: int = 0

    def __post_init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.stores = {tenant: MemoryUsageStore(tenant, NOW, ["team"]) for tenant in (ACME, OTHER)}
        self.changes = MemoryChanges()
        self.freshness = MemoryFreshnessStore(NOW)
        self.service = LiveService(self.ask, self.changes, self.freshness, self.clock, bounds=self.bounds)
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def ask(self, query: UsageQuery) -> UsageAnswer:
        self.asked.append(query)
        self.asking += 1
        try:
            await self.may_answer.wait()
            if self.fails is not None:
                raise self.fails
            return await UsageService(self.stores[query.tenant], spans_max=500).ask(query)
        finally:
            self.asking -= 1

    def add(
        self, tenant: TenantId = ACME, *, events: int = 1, model: str = "a", minutes_ago: int = 0
    ) -> None:
        """A flush whose notice is lost."""
        at = MINUTE - timedelta(minutes=minutes_ago)
        self.stores[tenant].add(Delta(at, {"model": model}, {"events": events}))
        self.freshness.flushed(tenant)

    def commit(self, tenant: TenantId = ACME, **delta: Any) -> None:
        self.add(tenant, **delta)
        self.changes.changed(tenant)

    async def told(self, stream: LiveSubscription) -> LiveMessage:
        message = await soon(stream.next())
        assert message is not None
        return message


def question(tenant: TenantId = ACME, **asked: Any) -> LiveQuery:
    return LiveQuery.ask(tenant, **({"metrics": ["events"]} | asked))


def events(message: LiveMessage) -> dict[tuple[str, int], Any]:
    """The number of events by group and minutes ago; None where a point is gone."""
    assert isinstance(message, LiveSnapshot | LiveChange), message
    return {
        (
            ",".join(series.group.values()) or ("other" if series.other else ""),
            _ago(point.start),
        ): point.values and point.values["events"]
        for series in message.series
        for point in series.points
    }


def ending(message: LiveMessage) -> str:
    assert isinstance(message, LiveEnd), message
    return message.reason.value


async def soon(awaited: Coroutine[Any, Any, _T]) -> _T:
    async with asyncio.timeout(WAIT_S):
        return await awaited


def _ago(start: datetime) -> int:
    return int((MINUTE - start).total_seconds() // 60)
