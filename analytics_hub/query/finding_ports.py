"""The ports of what the jobs found: forecasts, anomalies, incidents, and what people said about them.

Real: `analytics_hub/storage/finding_store.py`. Twin: `finding_memory.py`.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from analytics_hub.domain.access import Actor
from analytics_hub.domain.forecast import ForecastAccuracy, SeriesForecast
from analytics_hub.domain.incident import Anomaly, Feedback, FindingFilter, Incident, IncidentId, Place
from analytics_hub.domain.tenant import TenantId

_APART = "\x1f"
"""Between the parts of a key; PostgreSQL's `chr(31)`."""


def anomaly_key(anomaly: Anomaly) -> str:
    """Tells the anomalies of one bucket apart and puts them in an order that has nothing to do with what they are:
    `md5(concat_ws(chr(31), metric, dimension, value, detector))`, so that a cursor has one length.
    """
    parts = (anomaly.metric, anomaly.place.dimension, anomaly.place.value, anomaly.detector)
    return hashlib.md5(_APART.join(parts).encode(), usedforsecurity=False).hexdigest()


class FindingStore(Protocol):
    """Where findings are read: one tenant's, whatever is asked."""

    async def forecasts(
        self, tenant: TenantId, metrics: Sequence[str], place: Place
    ) -> Sequence[SeriesForecast]:
        """The newest stored forecast of each of these metrics there, and of each step; none is left out silently:
        what was never forecast is not in the answer."""
        ...

    async def accuracies(
        self, tenant: TenantId, start: datetime, end: datetime
    ) -> Sequence[ForecastAccuracy]:
        """How good stored forecasts of the whole tenant were, of the weeks that begin in [start, end): the newest week
        first, then by metric and step."""
        ...

    async def anomalies(
        self, question: FindingFilter, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Anomaly]:
        """Newest first, those of one bucket by `anomaly_key`, the greatest first. `after`: bucket and key of the last
        one of the page before."""
        ...

    async def incidents(
        self, question: FindingFilter, after: tuple[datetime, IncidentId] | None, limit: int
    ) -> Sequence[Incident]:
        """Newest first by `began_at`, then by id, the greatest first."""
        ...

    async def incident(self, tenant: TenantId, incident_id: IncidentId) -> Incident | None:
        """None when the tenant has none of this id, whoever else has."""
        ...


class IncidentDesk(Protocol):
    """Where people answer: each in one transaction, idempotent. None when the tenant has no such incident."""

    async def acknowledge(
        self, tenant: TenantId, incident_id: IncidentId, by: Actor, at: datetime
    ) -> Incident | None:
        """The first one counts; a second acknowledgement changes nothing."""
        ...

    async def give_feedback(
        self, tenant: TenantId, incident_id: IncidentId, feedback: Feedback, by: Actor, at: datetime
    ) -> Incident | None:
        """The last one counts."""
        ...
