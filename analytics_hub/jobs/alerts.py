"""Whom an incident is told to: one port, and the adapter that writes a line in the log. Webhooks, chat and mail are
further adapters.

In: a tenant and an incident that its budget allows to tell. Out: nothing. It is called after the commit that found the
incident, with the mark "alerted" written in the transaction around the call: a process that is killed in between tells
again, so an adapter must stand being called twice for one `incident_id`.
"""

from typing import Protocol

import structlog

from analytics_hub.domain.incident import Incident
from analytics_hub.domain.tenant import TenantId

_LOG = structlog.get_logger(__name__)


class Alerts(Protocol):
    """Raises when it could not be told: it is tried again with the next run."""

    def tell(self, tenant: TenantId, incident: Incident) -> None: ...


class LogAlerts:
    """One line for whoever reads the log; no name of the tenant's own stands in it."""

    def tell(self, tenant: TenantId, incident: Incident) -> None:
        _LOG.warning(
            "incident",
            tenant_id=int(tenant),
            incident_id=str(incident.incident_id),
            kind=incident.kind.value,
            metric=incident.metric,
            began_at=incident.began_at.isoformat(),
            at_stake_usd=round(incident.at_stake_usd, 6),
        )
