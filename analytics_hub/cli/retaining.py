"""Retention from the command line and beside the closer of a serving process. What it does is in
`analytics_hub/storage/retention.py`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import HubError
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.retention import Connection, RetentionReport, plan_retention, run_retention

_LOG = structlog.get_logger(__name__)


def planned(hub: OpenedHub) -> RetentionReport:
    with _connected(hub) as conn:
        return plan_retention(conn, SystemClock().now(), hub.settings.retention)


def retain(hub: OpenedHub) -> RetentionReport:
    with _connected(hub) as conn:
        return run_retention(conn, SystemClock().now(), hub.settings.retention)


async def retain_for_ever(hub: OpenedHub) -> None:
    """Round after round, the first one after the pause: somebody who starts a process to look at old data may look.
    A round that fails is told and tried again: nothing is wrong, only kept for longer."""
    while True:
        await asyncio.sleep(hub.settings.retention.every_s)
        try:
            _tell(await asyncio.to_thread(retain, hub))
        except HubError as error:
            _LOG.warning("retention failed", error=str(error))


@contextmanager
def _connected(hub: OpenedHub) -> Iterator[Connection]:
    retention = hub.settings.retention
    timeouts = Timeouts(
        connect_s=hub.settings.database.connect_timeout_s,
        statement_ms=retention.statement_timeout_ms,
        lock_ms=retention.lock_wait_ms,
    )
    with translated(), connect(hub.dsn("hub_maint"), "hub-retention", timeouts) as conn:
        yield conn


def _tell(report: RetentionReport) -> None:
    for level in report.levels:
        if level.dropped or level.busy:
            _LOG.info(
                "retention",
                level=level.horizon.level,
                parts=len(level.dropped),
                purged_events=level.purged,
                busy=level.busy,
            )
    if report.letters or report.compacted or report.busy:
        _LOG.info("retention", rejects=report.letters, compacted=report.compacted, busy=report.busy)
