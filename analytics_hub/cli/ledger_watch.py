"""Watches the ledger beside the closer: checks it every few minutes, says which hours are broken, sets the alarm.

In: an opened hub. Out: the gauge `hub_ledger_broken_hours` and one error in the log for each breach, once. The rules
are in `analytics_hub/storage/ledger_check.py`. The equation is checked over the last hours in every round; rows are
counted once for each hour, when it is over, and again in every round while they do not match.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import Clock, SystemClock
from analytics_hub.domain.errors import HubError
from analytics_hub.domain.ledger import Breach, Rule
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.ledger_check import (
    Connection,
    check_equation,
    check_ledger,
    check_rows,
    hour_of,
    tenants,
)
from analytics_hub.storage.reader_pool import translated
from analytics_hub.telemetry import LEDGER_BROKEN_HOURS

_LOG = structlog.get_logger(__name__)
_HOUR = timedelta(hours=1)


class LedgerWatch:
    """Remembers which hours were looked at and which are broken."""

    def __init__(self, clock: Clock, hours: int) -> None:
        self._clock = clock
        self._back = hours * _HOUR
        self._counted_until: datetime | None = None
        self._broken: frozenset[Breach] = frozenset()

    def round(self, conn: Connection) -> Sequence[Breach]:
        """One check; gives everything that is broken now."""
        now = self._clock.now()
        this_hour = hour_of(now)
        start = this_hour - self._back
        count_from = max(start, self._counted_until or start)
        recount = {(one.tenant_id, one.hour) for one in self._broken if one.rule is Rule.ROWS}
        found: list[Breach] = []
        for tenant in tenants(conn):
            found += check_equation(conn, tenant, start, now)
            if count_from < this_hour:
                found += check_rows(conn, tenant, count_from, this_hour)
        for tenant, hour in sorted(recount):
            if hour < count_from:
                found += check_rows(conn, tenant, hour, hour + _HOUR)
        self._counted_until = this_hour
        self._tell(found)
        return found

    def _tell(self, found: Sequence[Breach]) -> None:
        for breach in found:
            if breach not in self._broken:
                _LOG.error(
                    "ledger does not hold",
                    tenant_id=breach.tenant_id,
                    hour=breach.hour.isoformat(),
                    rule=breach.rule.value,
                    expected=breach.expected,
                    found=breach.found,
                )
        self._broken = frozenset(found)
        LEDGER_BROKEN_HOURS.set(len({(breach.tenant_id, breach.hour) for breach in found}))


async def watch_ledger(hub: OpenedHub) -> None:
    """Round after round. A round that fails is told and tried again."""
    watch = LedgerWatch(SystemClock(), hub.settings.ledger.check_hours)

    def once() -> None:
        with translated(), connect(hub.dsn("hub_maint"), "hub-ledger", _timeouts(hub)) as conn:
            watch.round(conn)

    while True:
        try:
            await asyncio.to_thread(once)
        except HubError as error:
            _LOG.warning("checking the ledger failed", error=str(error))
        await asyncio.sleep(hub.settings.ledger.check_every_s)


def ledger_faults(hub: OpenedHub, *, thorough: bool) -> Sequence[str]:
    """What is broken in the last hours, in words; for `hub check`."""
    now = SystemClock().now()
    start = hour_of(now) - hub.settings.ledger.check_hours * _HOUR
    with translated(), connect(hub.dsn("hub_maint"), "hub-check", _timeouts(hub)) as conn:
        return [str(breach) for breach in check_ledger(conn, start, now, thorough=thorough)]


def _timeouts(hub: OpenedHub) -> Timeouts:
    return Timeouts(
        connect_s=hub.settings.database.connect_timeout_s,
        statement_ms=hub.settings.closer.statement_timeout_ms,
    )
