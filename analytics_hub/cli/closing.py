"""Closing hours from the command line and from a serving process. What it does is in
`analytics_hub/storage/closer`.
"""

import structlog

from analytics_hub.cli.closing_watch import Lag, Measured
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer import ClosedReport, CloserLimits, close_due
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.reader_pool import translated

_LOG = structlog.get_logger(__name__)
_LAG = Lag()
_told: dict[TenantId, str] = {}


def close_due_hours(
    hub: OpenedHub, tenant_id: TenantId | None = None, watch: Measured | None = None
) -> ClosedReport:
    """Closes every hour that is over and marked; of one tenant, or of all."""
    closer = hub.settings.closer
    timeouts = Timeouts(
        connect_s=hub.settings.database.connect_timeout_s, statement_ms=closer.statement_timeout_ms
    )
    everybody = tenant_id is None
    began = _LAG.began() if everybody else 0.0
    with translated(), connect(hub.dsn("hub_maint"), "hub-closer", timeouts) as conn:
        report = close_due(
            conn,
            SystemClock(),
            tenant_id,
            CloserLimits.of(closer),
            watch=watch or Measured(everybody=everybody),
        )
    if everybody:
        _LAG.ended(began, report)
        _tell(report)
    return report


def _tell(report: ClosedReport) -> None:
    """Each failure in the log once, not in every round."""
    for tenant, reason in report.failed:
        if _told.get(tenant) != reason:
            _LOG.error("hours of a tenant cannot be closed", tenant_id=tenant, reason=reason)
    _told.clear()
    _told.update(report.failed)
