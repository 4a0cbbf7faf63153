"""All concerns of one process, read from the environment once; every fault is reported together."""

from dataclasses import dataclass, fields
from typing import Any

from pydantic import ValidationError

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.settings.access import AccessSettings
from analytics_hub.settings.admission import AdmissionSettings
from analytics_hub.settings.collector import CollectorSettings
from analytics_hub.settings.concern import Concern, variable
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
from analytics_hub.settings.oidc import OidcSettings
from analytics_hub.settings.process import FaultSettings, LogSettings, SimulatorSettings, TraceSettings
from analytics_hub.settings.retention import RetentionSettings
from analytics_hub.settings.serving import ApiSettings, DeadLetterSettings, QuerySettings, StatusSettings


@dataclass(frozen=True)
class Settings:
    """All concerns of one process."""

    database: DatabaseSettings
    api: ApiSettings
    access: AccessSettings
    oidc: OidcSettings
    admission: AdmissionSettings
    graphql: GraphqlSettings
    query: QuerySettings
    forecast: ForecastSettings
    finding: FindingSettings
    jobs: JobSettings
    dead_letter: DeadLetterSettings
    live: LiveSettings
    decode: DecodeSettings
    ingest: IngestSettings
    flush: FlushSettings
    closer: CloserSettings
    history: HistorySettings
    retention: RetentionSettings
    ledger: LedgerSettings
    status: StatusSettings
    collector: CollectorSettings
    kafka: KafkaSettings
    worker: WorkerSettings
    producer: ProducerSettings
    broker: BrokerSettings
    simulator: SimulatorSettings
    faults: FaultSettings
    log: LogSettings
    trace: TraceSettings


CONCERNS: dict[str, type[Concern]] = {
    field.name: field.type for field in fields(Settings) if isinstance(field.type, type)
}


def load_settings() -> Settings:
    """The settings of this process. Raises one InvalidInput that lists every fault."""
    loaded: dict[str, Any] = {}
    faults: list[str] = []
    for name, concern in CONCERNS.items():
        try:
            loaded[name] = concern()
        except ValidationError as error:
            faults += [_fault(concern, detail["loc"], detail["msg"]) for detail in error.errors()]
    if faults:
        raise InvalidInput("bad_settings", "environment", "; ".join(faults))
    return Settings(**loaded)


def default_settings(**changed: Concern) -> Settings:
    """The defaults with some concerns replaced, blind to the environment: for tests and embedding."""
    defaults: dict[str, Any] = {name: concern.model_construct() for name, concern in CONCERNS.items()}
    return Settings(**(defaults | changed))


def _fault(concern: type[Concern], where: tuple[int | str, ...], message: str) -> str:
    """A fault in the operator's words: the variable's name, or the concern for a rule across several."""
    name = variable(concern, str(where[0])) if where else concern.__name__
    return f"{name}: {message.removeprefix('Value error, ')}"
