"""The real store behind forecasts, anomalies and incidents: one tenant's, as hub_reader through the barrier views; what
people say about an incident is written through two functions that know no tenant but that of the transaction.

In: filters, places, answers. Out: domain values. The ports are in `analytics_hub/query/finding_ports.py`; the jobs
write by `finding_book.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from analytics_hub.domain.access import Actor
from analytics_hub.domain.forecast import ForecastAccuracy, SeriesForecast
from analytics_hub.domain.incident import Anomaly, Feedback, FindingFilter, Incident, IncidentId, Place
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_transaction_async, tenant_writing_async
from analytics_hub.storage.finding_rows import accuracy_of, anomaly_of, forecast_of, incident_of
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements

_SQL = statements("findings")


class PostgresFindingStore:
    """Reads as hub_reader."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    async def forecasts(
        self, tenant: TenantId, metrics: Sequence[str], place: Place
    ) -> Sequence[SeriesForecast]:
        args = {"metrics": list(metrics), "dimension": place.dimension, "value": place.value}
        return [forecast_of(row) for row in await self._rows("newest_forecasts", tenant, args)]

    async def accuracies(
        self, tenant: TenantId, start: datetime, end: datetime
    ) -> Sequence[ForecastAccuracy]:
        rows = await self._rows("accuracies", tenant, {"start": start, "end": end})
        return [accuracy_of(row) for row in rows]

    async def anomalies(
        self, question: FindingFilter, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Anomaly]:
        after_at, after_key = after or (None, None)
        args = {"after_at": after_at, "after_key": after_key, "limit": limit}
        rows = await self._rows("anomalies", question.tenant, _filter(question) | args)
        return [anomaly_of(row) for row in rows]

    async def incidents(
        self, question: FindingFilter, after: tuple[datetime, IncidentId] | None, limit: int
    ) -> Sequence[Incident]:
        after_at, after_id = after or (None, None)
        args = {"after_at": after_at, "after_id": after_id, "limit": limit}
        rows = await self._rows("incidents", question.tenant, _filter(question) | args)
        return [incident_of(row) for row in rows]

    async def incident(self, tenant: TenantId, incident_id: IncidentId) -> Incident | None:
        rows = await self._rows("incident", tenant, {"incident_id": incident_id})
        return incident_of(rows[0]) if rows else None

    async def _rows(self, name: str, tenant: TenantId, args: dict[str, Any]) -> list[tuple[Any, ...]]:
        async with (
            self._pool.reading() as connection,
            tenant_transaction_async(connection, tenant) as cursor,
        ):
            await cursor.execute(_SQL[name], {"tenant_id": int(tenant), **args})
            return await cursor.fetchall()


class PostgresIncidentDesk:
    """Answers as hub_reader, who may write nothing but through these functions."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    async def acknowledge(
        self, tenant: TenantId, incident_id: IncidentId, by: Actor, at: datetime
    ) -> Incident | None:
        return await self._answer("acknowledge", tenant, incident_id, _said(by, at))

    async def give_feedback(
        self, tenant: TenantId, incident_id: IncidentId, feedback: Feedback, by: Actor, at: datetime
    ) -> Incident | None:
        args = {**_said(by, at), "feedback": feedback.value}
        return await self._answer("give_feedback", tenant, incident_id, args)

    async def _answer(
        self, name: str, tenant: TenantId, incident_id: IncidentId, args: dict[str, Any]
    ) -> Incident | None:
        args = {**args, "incident_id": incident_id, "tenant_id": int(tenant)}
        async with self._pool.reading() as connection, tenant_writing_async(connection, tenant) as cursor:
            await cursor.execute(_SQL[name], args)
            await cursor.execute(_SQL["incident"], args)
            row = await cursor.fetchone()
        return incident_of(row) if row else None


def _said(by: Actor, at: datetime) -> dict[str, Any]:
    return {"kind": by.kind.value, "name": by.name, "at": at}


def _filter(question: FindingFilter) -> dict[str, Any]:
    return {
        "start": question.start,
        "end": question.end,
        "metrics": list(question.metrics) or None,
        "kinds": [kind.value for kind in question.kinds] or None,
        "open_only": question.open_only,
    }
