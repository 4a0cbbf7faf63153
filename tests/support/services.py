"""The use cases over a real database, wired as the serving process wires them, on a clock that the test
holds.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from analytics_hub.api.services import Services
from analytics_hub.domain.clock import Clock, FixedClock
from analytics_hub.domain.forecast_query import ForecastCaps
from analytics_hub.domain.freshness import flush_window
from analytics_hub.domain.live import LiveBounds
from analytics_hub.domain.usage import QueryCaps
from analytics_hub.query.build import build
from analytics_hub.query.build_users import build_users
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.dimensions import DimensionService
from analytics_hub.query.events import EventService
from analytics_hub.query.findings import FindingService
from analytics_hub.query.fitting import FittingPlaces
from analytics_hub.query.forecasting import ForecastService
from analytics_hub.query.incident_feed import IncidentFeeds
from analytics_hub.query.ledger import LedgerService
from analytics_hub.query.live import LiveService
from analytics_hub.query.month import MonthService
from analytics_hub.query.replay import ReplayService
from analytics_hub.query.service import UsageService
from analytics_hub.query.users import UserService
from analytics_hub.settings import LiveSettings
from analytics_hub.storage.access_store import PostgresAccessStore
from analytics_hub.storage.change_listener import open_change_listener
from analytics_hub.storage.dead_letter_store import PostgresDeadLetterStore
from analytics_hub.storage.event_store import PostgresEventStore
from analytics_hub.storage.finding_store import PostgresFindingStore, PostgresIncidentDesk
from analytics_hub.storage.freshness_store import PostgresFreshnessStore
from analytics_hub.storage.key_store import PostgresKeyStore
from analytics_hub.storage.reader_pool import open_reader_pool
from analytics_hub.storage.usage_store import PostgresUsageStore
from analytics_hub.storage.user_store import PostgresUserStore
from analytics_hub.tenancy.authenticate import Authenticator
from analytics_hub.tenancy.lists import AccessLists
from tests.support.forecasts import FORECAST_RULES

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)


@asynccontextmanager
async def open_services(
    reader_dsn: str,
    *,
    clock: Clock | None = None,
    spans_max: int = 500,
    connect_s: int = 10,
    replays: Callable[[DeadLetterService], ReplayService] | None = None,
) -> AsyncIterator[Services]:
    """Services on two reader connections."""
    time = clock or FixedClock(NOW)
    async with (
        open_reader_pool(
            reader_dsn,
            "hub-test",
            connections_min=1,
            connections_max=2,
            wait_s=5,
            connect_s=connect_s,
            statement_timeout_ms=20_000,
            work_mem_mb=16,
        ) as pool,
        open_change_listener(reader_dsn, "hub-test", pool, connect_s=connect_s, check_s=10) as changes,
    ):
        places = FittingPlaces(threads=1, tenant_max=8, wait_s=60)
        store = PostgresUsageStore(pool, build)
        usage = UsageService(store, spans_max=spans_max)
        found = PostgresFindingStore(pool)
        freshness = PostgresFreshnessStore(pool, window=flush_window(120))
        letters = DeadLetterService(
            PostgresDeadLetterStore(pool), page_max=100, payload_bytes_max=64, range_days_max=3660
        )
        live = LiveService(usage.ask, changes, freshness, time)
        yield Services(
            usage=usage,
            dimensions=DimensionService(usage, PostgresEventStore(pool)),
            events=EventService(
                PostgresEventStore(pool), FixedClock(NOW), page_max=1_000, scan_days_max=31, scan_s=1
            ),
            users=UserService(PostgresUserStore(pool, build_users), spans_max=spans_max),
            raw_days_max=7,
            forecasts=ForecastService(usage.ask, found, places, time, FORECAST_RULES),
            months=MonthService(usage.ask, places, time, FORECAST_RULES),
            forecast_caps=ForecastCaps(),
            findings=FindingService(
                found,
                PostgresIncidentDesk(pool),
                time,
                page_max=100,
                range_days_max=3660,
            ),
            ledger=LedgerService(store, range_days_max=3660),
            freshness=freshness,
            live=live,
            incident_feeds=IncidentFeeds(found, time, live.places, LiveBounds()),
            streams=LiveSettings.model_construct(),
            dead_letters=letters,
            replays=replays and replays(letters),
            authenticator=Authenticator(PostgresKeyStore(pool), time, cache_s=5, cache_max=100),
            access=AccessLists(PostgresAccessStore(pool), page_max=100),
            caps=QueryCaps(),
            ready=pool.ready,
            clock=time,
        )
