"""What the API needs from the process that runs it: use cases, who is asking, and whether it is ready.

The API never opens a store. Whoever starts it hands in a factory that opens everything inside the server's
own event loop and closes it at the end; see `create_app` in `app.py`.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.forecast_query import ForecastCaps
from analytics_hub.domain.usage import QueryCaps
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.dimensions import DimensionService
from analytics_hub.query.events import EventService
from analytics_hub.query.findings import FindingService
from analytics_hub.query.forecasting import ForecastService
from analytics_hub.query.freshness import FreshnessStore
from analytics_hub.query.incident_feed import IncidentFeeds
from analytics_hub.query.ledger import LedgerService
from analytics_hub.query.live import LiveService
from analytics_hub.query.month import MonthService
from analytics_hub.query.replay import ReplayService
from analytics_hub.query.service import UsageService
from analytics_hub.query.users import UserService
from analytics_hub.settings import LiveSettings, OidcSettings
from analytics_hub.tenancy.authenticate import Authenticates
from analytics_hub.tenancy.lists import AccessLists


@dataclass(frozen=True, slots=True)
class Services:
    """Opened and ready to use. `ready` raises TryLater when the database does not answer in time."""

    usage: UsageService
    events: EventService
    dimensions: DimensionService
    users: UserService
    raw_days_max: int
    """Raw events of so many days are read for one answer about users."""
    forecasts: ForecastService
    months: MonthService
    forecast_caps: ForecastCaps
    findings: FindingService
    """Anomalies and incidents, and what people say of them."""
    ledger: LedgerService
    freshness: FreshnessStore
    live: LiveService
    incident_feeds: IncidentFeeds
    streams: LiveSettings
    """Bounds of a stream, whichever protocol it is sent over."""
    dead_letters: DeadLetterService
    replays: ReplayService | None
    """None in a process that takes no events."""
    authenticator: Authenticates
    access: AccessLists
    """What there is of keys, members and acts."""
    caps: QueryCaps
    ready: Callable[[], Awaitable[None]]
    clock: Clock
    oidc: OidcSettings | None = None
    """Whom people sign in with; None where there are keys alone."""


OpenServices = Callable[[], AbstractAsyncContextManager[Services]]
