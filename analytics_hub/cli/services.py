"""Opens what answers questions: the reader pool, the stores and the use cases over them, for the API and
for commands.

In: an opened hub. Out: `Services` inside an event loop, closed with it. A database with the wrong schema or a
role that could step over the barrier is refused before the first question.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from analytics_hub.api.services import Services
from analytics_hub.cli.authenticating import authenticator, open_last_use
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.freshness import flush_window
from analytics_hub.domain.usage import QueryCaps
from analytics_hub.query.build import build
from analytics_hub.query.build_users import build_users
from analytics_hub.query.changes import TenantChanges
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.dimensions import DimensionService
from analytics_hub.query.events import EventService
from analytics_hub.query.findings import FindingService
from analytics_hub.query.fitting import FittingPlaces
from analytics_hub.query.forecasting import ForecastRules, ForecastService
from analytics_hub.query.incident_feed import IncidentFeeds
from analytics_hub.query.ledger import LedgerService
from analytics_hub.query.live import LiveService
from analytics_hub.query.month import MonthService
from analytics_hub.query.service import UsageService
from analytics_hub.query.users import UserService
from analytics_hub.settings import Settings
from analytics_hub.storage.access_store import PostgresAccessStore
from analytics_hub.storage.change_listener import open_change_listener
from analytics_hub.storage.connections import connect
from analytics_hub.storage.dead_letter_store import PostgresDeadLetterStore
from analytics_hub.storage.event_store import PostgresEventStore
from analytics_hub.storage.finding_store import PostgresFindingStore, PostgresIncidentDesk
from analytics_hub.storage.freshness_store import PostgresFreshnessStore
from analytics_hub.storage.reader_pool import ReaderPool, open_reader_pool
from analytics_hub.storage.start_check import check_start
from analytics_hub.storage.usage_store import PostgresUsageStore
from analytics_hub.storage.user_store import PostgresUserStore
from analytics_hub.tenancy.authenticate import Authenticates
from analytics_hub.tenancy.lists import AccessLists
from models.forecasters.selected import quick_members

_T = TypeVar("_T")


def caps_of(settings: Settings) -> QueryCaps:
    return settings.query.caps()


@asynccontextmanager
async def open_services(
    hub: OpenedHub, application_name: str, *, serves: bool = True
) -> AsyncIterator[Services]:
    """`serves`: for many questions at a time, not for a command's one."""
    settings = hub.settings
    check_reader(hub)
    clock = SystemClock()
    async with (
        open_readers(hub, application_name, wait_s=settings.database.pool_wait_s, serves=serves) as pool,
        open_change_listener(
            hub.dsn("hub_reader"),
            application_name,
            pool,
            connect_s=settings.database.connect_timeout_s,
            check_s=settings.live.listen_check_s,
        ) as changes,
        open_last_use(settings, pool, clock) as uses,
        _places(settings) as places,
    ):
        yield _over(settings, pool, changes, places, authenticator(settings, pool, clock, uses))


def _over(
    settings: Settings,
    pool: ReaderPool,
    changes: TenantChanges,
    places: FittingPlaces,
    authenticates: Authenticates,
) -> Services:
    """The use cases over the stores."""
    clock = SystemClock()
    store = PostgresUsageStore(pool, build)
    found = PostgresFindingStore(pool)
    rules = _rules(settings)
    usage = UsageService(store, spans_max=settings.query.spans_max)
    events = PostgresEventStore(pool)
    freshness = PostgresFreshnessStore(pool, window=flush_window(settings.flush.deadline_s))
    bounds = settings.live.bounds()
    live = LiveService(usage.ask, changes, freshness, clock, caps=settings.live.caps(), bounds=bounds)
    return Services(
        usage=usage,
        dimensions=DimensionService(usage, events),
        events=EventService(
            events,
            clock,
            page_max=settings.query.events_page_max,
            scan_days_max=settings.query.events_scan_days_max,
            scan_s=settings.query.events_scan_s,
        ),
        users=UserService(PostgresUserStore(pool, build_users), spans_max=settings.query.spans_max),
        raw_days_max=settings.query.raw_days_max,
        forecasts=ForecastService(usage.ask, found, places, clock, rules),
        months=MonthService(usage.ask, places, clock, rules),
        forecast_caps=settings.forecast.caps(),
        findings=FindingService(
            found,
            PostgresIncidentDesk(pool),
            clock,
            page_max=settings.finding.page_max,
            range_days_max=settings.query.range_days_max,
        ),
        ledger=LedgerService(store, range_days_max=settings.query.range_days_max),
        freshness=freshness,
        live=live,
        incident_feeds=IncidentFeeds(found, clock, live.places, bounds),
        streams=settings.live,
        dead_letters=DeadLetterService(
            PostgresDeadLetterStore(pool),
            page_max=settings.dead_letter.page_max,
            payload_bytes_max=settings.dead_letter.payload_shown_bytes_max,
            range_days_max=settings.query.range_days_max,
        ),
        replays=None,
        authenticator=authenticates,
        access=AccessLists(PostgresAccessStore(pool), page_max=settings.access.page_max),
        caps=caps_of(settings),
        ready=pool.ready,
        clock=clock,
        oidc=settings.oidc,
    )


def _rules(settings: Settings) -> ForecastRules:
    bounds = settings.forecast
    return ForecastRules(quick_members(), bounds.fits_max, timedelta(hours=bounds.stored_h_max))


def _places(settings: Settings) -> FittingPlaces:
    bounds = settings.forecast
    return FittingPlaces(threads=bounds.threads, tenant_max=bounds.tenant_max, wait_s=bounds.wait_s)


def open_readers(
    hub: OpenedHub, application_name: str, *, wait_s: float, serves: bool
) -> AbstractAsyncContextManager[ReaderPool]:
    """Reader connections, by the settings. Where no questions are served, one is kept open at the most."""
    database, query = hub.settings.database, hub.settings.query
    return open_reader_pool(
        hub.dsn("hub_reader"),
        application_name,
        connections_min=database.reader_pool_min if serves else min(1, database.reader_pool_min),
        connections_max=database.reader_pool_max,
        wait_s=wait_s,
        connect_s=database.connect_timeout_s,
        statement_timeout_ms=query.statement_timeout_ms,
        work_mem_mb=query.work_mem_mb,
    )


def check_reader(hub: OpenedHub) -> None:
    """Raises when this program must not read from this database."""
    check_start(lambda: connect(hub.dsn("hub_reader"), "hub-check"))


def asked(hub: OpenedHub, ask: Callable[[Services], Awaitable[_T]]) -> _T:
    """Ask from a command: opens the services, asks, closes them."""

    async def run() -> _T:
        async with open_services(hub, "hub-cli", serves=False) as services:
            return await ask(services)

    return asyncio.run(run())
