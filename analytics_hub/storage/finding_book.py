"""What a job found, written as hub_maint in one transaction of its tenant; the same findings twice change nothing.

In: domain values. Out: how many rows there were to write. Read back by `finding_store.py`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

import psycopg

from analytics_hub.domain.forecast import ForecastAccuracy, SeriesForecast
from analytics_hub.domain.incident import Anomaly, Incident
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_writing
from analytics_hub.storage.finding_rows import (
    anomaly_args,
    forecast_args,
    forecast_of,
    incident_args,
    incident_of,
)
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements

_SQL = statements("findings")


class PostgresFindingBook:
    """Over one connection in autocommit mode."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    @contextmanager
    def writing(self, tenant: TenantId) -> Iterator["FindingWriter"]:
        """One transaction; the server lets it see and write this tenant's rows only."""
        with translated(), tenant_writing(self._connection, tenant) as cursor:
            yield FindingWriter(cursor, tenant)


class FindingWriter:
    """Inside one transaction."""

    def __init__(self, cursor: psycopg.Cursor[Any], tenant: TenantId) -> None:
        self._cursor = cursor
        self._tenant = {"tenant_id": int(tenant)}

    def put_forecasts(self, forecasts: Sequence[SeriesForecast], as_of: datetime) -> int:
        """`as_of`: the end of their history. A forecast of the same series as of the same moment is replaced."""
        self._put("put_forecast", [forecast_args(forecast, as_of) for forecast in forecasts])
        return len(forecasts)

    def replace_anomalies(self, start: datetime, anomalies: Sequence[Anomaly]) -> int:
        """These are all from `start` on: hours that are looked at again may have fewer."""
        self._cursor.execute(_SQL["drop_anomalies_from"], {**self._tenant, "start": start})
        self._put("put_anomaly", [anomaly_args(anomaly) for anomaly in anomalies])
        return len(anomalies)

    def put_incidents(self, incidents: Sequence[Incident]) -> int:
        """What people said stays as it is, and so does the moment of finding and of telling."""
        self._put("put_incident", [incident_args(incident) for incident in incidents])
        return len(incidents)

    def put_accuracy(self, accuracies: Sequence[ForecastAccuracy]) -> int:
        self._put("put_accuracy", [asdict(accuracy) for accuracy in accuracies])
        return len(accuracies)

    def recent_incidents(self, since: datetime, judged_since: datetime, limit: int) -> Sequence[Incident]:
        """Those whose last bucket is not before `since`, and those that people judged not before `judged_since`;
        the newest first."""
        args = {**self._tenant, "since": since, "judged_since": judged_since, "limit": limit}
        return [incident_of(row) for row in self._cursor.execute(_SQL["recent_incidents"], args)]

    def not_alerted(self, limit: int) -> Sequence[Incident]:
        """Told incidents of which nobody was called so far, the oldest first; nobody else gets them meanwhile."""
        rows = self._cursor.execute(_SQL["not_alerted"], {**self._tenant, "limit": limit})
        return [incident_of(row) for row in rows]

    def mark_alerted(self, incidents: Sequence[Incident], at: datetime) -> None:
        ids = [incident.incident_id for incident in incidents]
        self._cursor.execute(_SQL["mark_alerted"], {**self._tenant, "incident_ids": ids, "at": at})

    def forecasts_as_of(self, start: datetime, end: datetime) -> Sequence[SeriesForecast]:
        """All whose history ended in [start, end), the oldest first."""
        args = {**self._tenant, "start": start, "end": end}
        return [forecast_of(row) for row in self._cursor.execute(_SQL["forecasts_as_of"], args)]

    def drop_before(self, *, forecasts: datetime, anomalies: datetime, incidents: datetime) -> None:
        """What is older than it is kept."""
        before = {
            "drop_old_forecasts": forecasts,
            "drop_old_accuracy": forecasts,
            "drop_old_anomalies": anomalies,
            "drop_old_incidents": incidents,
        }
        for name, moment in before.items():
            self._cursor.execute(_SQL[name], {**self._tenant, "before": moment})

    def _put(self, name: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._cursor.executemany(_SQL[name], [self._tenant | row for row in rows])
