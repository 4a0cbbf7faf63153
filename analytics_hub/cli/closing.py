"""Closing hours from the command line and from a serving process. What it does is in
`analytics_hub/storage/closer`.
"""

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer import ClosedReport, CloserLimits, close_due
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.reader_pool import translated
from analytics_hub.telemetry import CLOSED_HOURS


def close_due_hours(hub: OpenedHub, tenant_id: TenantId | None = None) -> ClosedReport:
    """Closes every hour that is over and marked; of one tenant, or of all."""
    closer = hub.settings.closer
    timeouts = Timeouts(
        connect_s=hub.settings.database.connect_timeout_s, statement_ms=closer.statement_timeout_ms
    )
    with translated(), connect(hub.dsn("hub_maint"), "hub-closer", timeouts) as conn:
        limits = CloserLimits(hours_max=closer.hours_max, retries_max=closer.retries_max)
        report = close_due(conn, SystemClock().now(), tenant_id, limits)
    CLOSED_HOURS.inc(report.hours)
    return report
