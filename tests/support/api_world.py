"""The whole API over the in-memory twins: no database, no socket."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from analytics_hub.api.app import create_app
from analytics_hub.api.services import Services
from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.forecast_query import ForecastCaps
from analytics_hub.domain.key import Scope
from analytics_hub.domain.ledger import LedgerCount, LedgerHour
from analytics_hub.domain.live import LiveBounds
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.domain.usage import QueryCaps
from analytics_hub.query.changes import MemoryChanges
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.dimensions import DimensionService
from analytics_hub.query.events import EventService
from analytics_hub.query.finding_memory import MemoryFindings
from analytics_hub.query.findings import FindingService
from analytics_hub.query.fitting import FittingPlaces
from analytics_hub.query.forecasting import ForecastService
from analytics_hub.query.freshness import MemoryFreshnessStore
from analytics_hub.query.incident_feed import IncidentFeeds
from analytics_hub.query.ledger import LedgerService
from analytics_hub.query.live import LiveService
from analytics_hub.query.memory import Delta, MemoryDeadLetterStore, MemoryLedgerStore, MemoryUsageStore
from analytics_hub.query.month import MonthService
from analytics_hub.query.service import UsageService
from analytics_hub.query.users import UserService
from analytics_hub.settings import ApiSettings, LiveSettings
from analytics_hub.tenancy.authenticate import Authenticator
from analytics_hub.tenancy.issue import issue_key
from analytics_hub.tenancy.lists import AccessLists
from analytics_hub.tenancy.memory import MemoryAccessStore, MemoryKeyStore, MemoryTenants
from tests.support.events import MemoryEventStore
from tests.support.forecasts import FORECAST_RULES
from tests.support.http import Answer, request
from tests.support.users import EmptyUserStore

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)


class World:
    """One tenant, ten events an hour ago, a key for each scope."""

    def __init__(self, *, ready: bool = True, settings: ApiSettings | None = None) -> None:
        self.clock = FixedClock(NOW)
        tenants = MemoryTenants(NOW)
        tenant = tenants.create(NewTenant("acme"))
        self.query_key = issue_key(tenants, tenant.tenant_id, [Scope.QUERY]).text
        self.ingest_key = issue_key(tenants, tenant.tenant_id, [Scope.INGEST]).text
        self.admin_key = issue_key(tenants, tenant.tenant_id, [Scope.ADMIN]).text
        self.tenants = tenants
        self.usage = MemoryUsageStore(tenant.tenant_id, NOW, ["team"])
        self.usage.add(
            Delta(NOW - timedelta(hours=1), {"model": "gpt-4o"}, {"events": 10, "cost_input_pico_usd": 5})
        )
        ledger = MemoryLedgerStore(
            tenant.tenant_id, [LedgerHour(NOW.replace(minute=0), LedgerCount(3, 1, 1, 1))]
        )
        self.events = MemoryEventStore(tenant.tenant_id, NOW)
        self.letters = MemoryDeadLetterStore(tenant.tenant_id)
        self.findings = MemoryFindings()
        self.places = FittingPlaces(threads=1, tenant_max=2, wait_s=60)
        self.freshness = MemoryFreshnessStore(NOW)
        self.changes = MemoryChanges()
        self.tenant_id = tenant.tenant_id
        self._ready = ready
        usage = UsageService(self.usage, spans_max=500)
        live = LiveService(usage.ask, self.changes, self.freshness, self.clock)
        self._services = Services(
            usage=usage,
            dimensions=DimensionService(usage, self.events),
            events=EventService(self.events, self.clock, page_max=1_000, scan_days_max=31, scan_s=1),
            users=UserService(EmptyUserStore(NOW), spans_max=500),
            raw_days_max=7,
            forecasts=ForecastService(usage.ask, self.findings, self.places, self.clock, FORECAST_RULES),
            months=MonthService(usage.ask, self.places, self.clock, FORECAST_RULES),
            forecast_caps=ForecastCaps(),
            findings=FindingService(
                self.findings, self.findings, self.clock, page_max=100, range_days_max=3660
            ),
            ledger=LedgerService(ledger, range_days_max=3660),
            freshness=self.freshness,
            live=live,
            incident_feeds=IncidentFeeds(
                self.findings, self.clock, live.places, LiveBounds(incidents_every_s=0.001)
            ),
            streams=LiveSettings.model_construct(),
            dead_letters=DeadLetterService(
                self.letters, page_max=100, payload_bytes_max=64, range_days_max=3660
            ),
            replays=None,
            authenticator=Authenticator(MemoryKeyStore(tenants), self.clock, cache_s=5, cache_max=10),
            access=AccessLists(MemoryAccessStore(tenants), page_max=100),
            caps=QueryCaps(raw_days_max=60),
            ready=self._is_ready,
            clock=self.clock,
        )
        self.app: FastAPI = create_app(self._open, settings or ApiSettings(), clock=self.clock)

    @property
    def services(self) -> Services:
        return self._services

    def get(
        self,
        path: str,
        key: str | None = None,
        params: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        pairs = list((params or {}).items())
        return request(self.app, path, key=key, params=pairs, method=method, headers=headers)

    async def _is_ready(self) -> None:
        if not self._ready:
            raise TryLater("database_unavailable", "The database does not answer.", retry_after_s=5)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Services]:
        yield self._services
