"""Every setting of the product: name, default, bounds and help, written once. Nothing else reads the
environment.

In: environment variables `HUB_…`. Out: one frozen object per concern, gathered in `Settings`, read once at
start by `load_settings()`; all faults are reported together. A file holds the concerns of one part of the
product. `python -m analytics_hub.settings` prints `docs/settings.md` from them (a test keeps the two equal), with
`--check` it validates the environment and exits.
"""

from analytics_hub.settings.access import AccessSettings
from analytics_hub.settings.admission import AdmissionSettings
from analytics_hub.settings.collector import CollectorSettings
from analytics_hub.settings.concern import Concern
from analytics_hub.settings.database import DatabaseSettings
from analytics_hub.settings.findings import FindingSettings
from analytics_hub.settings.forecasts import ForecastSettings
from analytics_hub.settings.graphql import GraphqlSettings
from analytics_hub.settings.history import HistorySettings
from analytics_hub.settings.ingest import (
    CloserSettings,
    DecodeSettings,
    FlushSettings,
    IngestSettings,
    LedgerSettings,
)
from analytics_hub.settings.jobs import JobSettings
from analytics_hub.settings.kafka import BrokerSettings, KafkaSettings, ProducerSettings, WorkerSettings
from analytics_hub.settings.live import LiveSettings
from analytics_hub.settings.loading import Settings, default_settings, load_settings
from analytics_hub.settings.oidc import OidcSettings
from analytics_hub.settings.process import FaultSettings, LogSettings, SimulatorSettings, TraceSettings
from analytics_hub.settings.retention import RetentionSettings
from analytics_hub.settings.serving import ApiSettings, DeadLetterSettings, QuerySettings, StatusSettings
from analytics_hub.settings.table import Row, markdown, table, unknown_variables

__all__ = [
    "AccessSettings",
    "AdmissionSettings",
    "ApiSettings",
    "BrokerSettings",
    "CloserSettings",
    "CollectorSettings",
    "Concern",
    "DatabaseSettings",
    "DeadLetterSettings",
    "DecodeSettings",
    "FaultSettings",
    "FindingSettings",
    "FlushSettings",
    "ForecastSettings",
    "GraphqlSettings",
    "HistorySettings",
    "IngestSettings",
    "JobSettings",
    "KafkaSettings",
    "LedgerSettings",
    "LiveSettings",
    "LogSettings",
    "OidcSettings",
    "ProducerSettings",
    "QuerySettings",
    "RetentionSettings",
    "Row",
    "Settings",
    "SimulatorSettings",
    "StatusSettings",
    "TraceSettings",
    "WorkerSettings",
    "default_settings",
    "load_settings",
    "markdown",
    "table",
    "unknown_variables",
]
