"""Gathers what `hub status` shows: from the database, from the log where one is configured, from processes that answer.

In: an opened hub. Out: a `HubStatus`. Each part has its own deadline, and a part that is silent is shown as such: the
board must work best when something does not.
"""

import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from http.client import HTTPException

from prometheus_client.parser import text_string_to_metric_families

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.status import (
    HubStatus,
    LogPartition,
    PartitionStatus,
    ProcessStatus,
    StoredPartition,
    behind,
)
from analytics_hub.settings import Settings
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.status_store import read_status
from ingest.kafka.log_ends import log_partitions, message_ages_s

_METRICS_BYTES_MAX = 4 * 1024 * 1024


def gather(hub: OpenedHub) -> HubStatus:
    """One look at everything. Raises HubError when the database does not answer: nothing else means much then."""
    settings = hub.settings
    wait_s = settings.status.wait_s
    timeouts = Timeouts(connect_s=settings.database.connect_timeout_s, statement_ms=int(wait_s * 1000))
    with translated(), connect(hub.dsn("hub_maint"), "hub-status", timeouts) as conn:
        database = read_status(conn)
    log, fault = log_status(settings, {one.partition_key: one for one in database.partitions})
    return HubStatus(database, log, fault, tuple(processes(settings)))


def log_status(
    settings: Settings, stored: Mapping[str, StoredPartition]
) -> tuple[tuple[PartitionStatus, ...], str]:
    """The partitions, and why they could not be asked. Nothing of both where no broker is configured."""
    if "bootstrap_servers" not in settings.kafka.model_fields_set:
        return (), ""
    wait_s = settings.status.wait_s
    try:
        ends = log_partitions(settings.kafka, wait_s)
    except TryLater as error:
        return (), error.message
    found = [(one, behind(stored.get(one.partition_key), one, None)) for one in ends]
    oldest = {one: _next(stored, one) for one, status in found if status.lag_messages}
    ages_s = message_ages_s(settings.kafka, oldest, wait_s, SystemClock())
    return tuple(
        replace(status, lag_s=ages_s.get(one)) if status.lag_messages else status for one, status in found
    ), ""


def processes(settings: Settings) -> list[ProcessStatus]:
    """The API and the worker of this machine, by the addresses of the settings."""
    return [
        _process("api", settings.api.host, settings.api.port, settings.status.wait_s),
        _process("worker", settings.worker.host, settings.worker.port, settings.status.wait_s),
    ]


def _next(stored: Mapping[str, StoredPartition], one: LogPartition) -> int:
    known = stored.get(one.partition_key)
    return one.first_offset if known is None else max(known.next_offset, one.first_offset)


def _process(name: str, host: str, port: int, wait_s: float) -> ProcessStatus:
    address = f"http://{host}:{port}"
    try:
        with urllib.request.urlopen(f"{address}/metrics", timeout=wait_s) as answer:  # noqa: S310  our own address
            return ProcessStatus(name, address, parse_samples(answer.read(_METRICS_BYTES_MAX).decode()))
    except (OSError, HTTPException, ValueError) as error:
        # Not running, or not here: the board says so.
        return ProcessStatus(name, address, None, f"does not answer: {error}")


def parse_samples(text: str) -> Mapping[str, float]:
    """Our metrics by name and labels, as written: `hub_events_total{outcome="stored"}`. Raises ValueError."""
    return {
        _label(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith("hub_")
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def _label(name: str, labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inner}}}" if inner else name
