"""Forecasts, anomalies and incidents to store, and the door to a store that tests put them through: the real one and
the twin are held to the same tests.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol, TypeVar
from uuid import UUID

from analytics_hub.domain.access import Actor, ActorKind
from analytics_hub.domain.forecast import (
    BacktestError,
    ForecastAccuracy,
    ForecastPoint,
    History,
    SeriesForecast,
)
from analytics_hub.domain.incident import (
    Anomaly,
    Contribution,
    Incident,
    IncidentId,
    IncidentKind,
    Place,
)
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.finding_memory import MemoryFindings
from analytics_hub.query.finding_ports import FindingStore, IncidentDesk
from analytics_hub.storage.connections import connect
from analytics_hub.storage.finding_book import PostgresFindingBook
from analytics_hub.storage.finding_store import PostgresFindingStore, PostgresIncidentDesk
from tests.support.books import pooled
from tests.support.database import Database

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
ANN = Actor(ActorKind.MEMBER, "https://issuer ann")
BOB = Actor(ActorKind.KEY, "hub_k_bob")
WHOLE = Place()

_T = TypeVar("_T")


class Findings(Protocol):
    """Something that findings are put into and asked of."""

    def put(
        self,
        tenant: TenantId,
        *,
        forecasts: Sequence[SeriesForecast] = (),
        anomalies: Sequence[Anomaly] = (),
        incidents: Sequence[Incident] = (),
        accuracies: Sequence[ForecastAccuracy] = (),
    ) -> None: ...

    def ask(self, question: Callable[[FindingStore, IncidentDesk], Awaitable[_T]]) -> _T: ...


@dataclass(frozen=True)
class Remembered:
    """The twin."""

    memory: MemoryFindings

    def put(
        self,
        tenant: TenantId,
        *,
        forecasts: Sequence[SeriesForecast] = (),
        anomalies: Sequence[Anomaly] = (),
        incidents: Sequence[Incident] = (),
        accuracies: Sequence[ForecastAccuracy] = (),
    ) -> None:
        self.memory.put_forecasts(tenant, forecasts)
        self.memory.put_anomalies(tenant, anomalies)
        self.memory.put_incidents(tenant, incidents)
        self.memory.put_accuracy(tenant, accuracies)

    def ask(self, question: Callable[[FindingStore, IncidentDesk], Awaitable[_T]]) -> _T:
        async def main() -> _T:
            return await question(self.memory, self.memory)

        return asyncio.run(main())


@dataclass(frozen=True)
class Stored:
    """The real one: written as a job does, read and answered as the API does."""

    db: Database

    def put(
        self,
        tenant: TenantId,
        *,
        forecasts: Sequence[SeriesForecast] = (),
        anomalies: Sequence[Anomaly] = (),
        incidents: Sequence[Incident] = (),
        accuracies: Sequence[ForecastAccuracy] = (),
    ) -> None:
        with (
            connect(self.db.maint_dsn, "hub-test") as maint,
            PostgresFindingBook(maint).writing(tenant) as writer,
        ):
            for one in forecasts:
                writer.put_forecasts([one], one.points[0].start)
            writer.replace_anomalies(AT + timedelta(days=365), anomalies)
            writer.put_incidents(incidents)
            writer.put_accuracy(accuracies)

    def ask(self, question: Callable[[FindingStore, IncidentDesk], Awaitable[_T]]) -> _T:
        return pooled(self.db, lambda pool: question(PostgresFindingStore(pool), PostgresIncidentDesk(pool)))


def forecast(
    metric: str = "requests",
    *,
    place: Place = WHOLE,
    start: datetime = AT,
    step: timedelta = HOUR,
    value: float = 5.0,
    model: str = "median",
) -> SeriesForecast:
    """Of two buckets; the second one promises nothing."""
    points = (
        ForecastPoint(start, value, value - 1, value + 1, value - 2, value + 2),
        ForecastPoint(start + step, value, None, None, None, None),
    )
    step_s = int(step.total_seconds())
    error = BacktestError(0.75, None, 12)
    return SeriesForecast(
        metric, place.dimension, place.value, step_s, points, model, History.ENOUGH, start - 100 * step, start, error,
        start + step / 2,
    )  # fmt: skip


def accuracy(
    week: datetime = MONDAY, metric: str = "events", *, place: Place = WHOLE, step: timedelta = HOUR
) -> ForecastAccuracy:
    """Of a week in which nobody promised much."""
    step_s, made_at = int(step.total_seconds()), week + timedelta(days=7, hours=4)
    return ForecastAccuracy(
        week, place.dimension, place.value, metric, step_s, 168, 0.125, 0.25, 0.75, None, made_at
    )


def anomaly(
    hours: int = 0,
    metric: str = "requests",
    *,
    place: Place = WHOLE,
    detector: str = "robust_z",
    incident_id: IncidentId | None = None,
    score: float = 0.9,
) -> Anomaly:
    return Anomaly(metric, place, AT + hours * HOUR, detector, score, 30.0, 10.0, 5.0, 15.0, incident_id)


def incident(
    number: int = 1,
    hours: int = 0,
    *,
    kind: IncidentKind = IncidentKind.SPIKE,
    metric: str = "requests",
    metrics: Sequence[str] = (),
    place: Place = WHOLE,
    ended: bool = False,
    lasts: int = 1,
    told: bool = True,
) -> Incident:
    began = AT + hours * HOUR
    return Incident(
        incident_id(number),
        kind,
        metric,
        place,
        began,
        began + (lasts - 1) * HOUR,
        began + HOUR,
        ended,
        30.0,
        10.0,
        Decimal("12.345678"),
        tuple(metrics) or (metric,),
        ("robust_z",),
        (Contribution("project", "p", 20.0, 1.0),),
        began + HOUR if told else None,
    )


def incident_id(number: int) -> IncidentId:
    return IncidentId(UUID(int=number))
