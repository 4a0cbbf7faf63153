"""Builds the pipeline from the settings and runs sources through it, with a progress bar for people.

In: an opened hub, sources, a tenant. Out: what they came to. Used by `load.py` and `demo.py`; the pipeline is
`ingest/pipeline.py`. A load of history is closed on its way, by `history_closing.py`; any other load closes nothing.
"""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from analytics_hub.cli.announcing import open_announcer
from analytics_hub.cli.console import ERR
from analytics_hub.cli.history import HistoryReport
from analytics_hub.cli.history_bounds import HistoryDecoder, days_spent
from analytics_hub.cli.history_closing import FollowedSink, HistoryCloser
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.prices import book_in_force
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.ledger import LedgerCount, sum_counts
from analytics_hub.domain.tenant import Tenant
from analytics_hub.storage.connections import Timeouts, connect
from ingest.failpoint import Failpoints
from ingest.flush import PostgresSink
from ingest.pipeline import Loaded, Pipeline
from ingest.pipeline import Progress as PipelineProgress
from ingest.ports import EventSink, EventSource
from ingest.postgres.announce import AnnouncingSink
from rust_core import Reject, SeriesCache, TenantRules


@dataclass(slots=True)
class LoadReport:
    """What several sources came to together."""

    seconds: float = 0.0
    stopped: bool = False
    parts: list[tuple[str, Loaded]] = field(default_factory=list)
    history: HistoryReport | None = None

    @property
    def count(self) -> LedgerCount:
        return sum_counts(loaded.count for _, loaded in self.parts)

    @property
    def rows_per_s(self) -> float:
        return self.count.received / self.seconds if self.seconds else 0.0

    @property
    def rejects(self) -> Iterator[tuple[str, Reject]]:
        """The first rejects of every source, with the source's name."""
        return ((origin, reject) for origin, loaded in self.parts for reject in loaded.rejects)

    @property
    def reject_codes(self) -> dict[str, int]:
        return _summed(loaded.reject_codes for _, loaded in self.parts)

    @property
    def warnings(self) -> dict[str, int]:
        return _summed(loaded.warnings for _, loaded in self.parts)


def load_sources(
    hub: OpenedHub,
    sources: Sequence[EventSource],
    tenant: Tenant,
    *,
    any_age: bool = False,
    close: bool = False,
    show: bool = True,
) -> LoadReport:
    """One source after the other into one sink; with `close`, the days that are passed are closed on the way. Ctrl-C
    stores what is read and stops; a second one stops at once.
    """
    failpoints = Failpoints.parse(hub.settings.faults.failpoints, hub.settings.faults.failpoint_seed)
    closer = HistoryCloser(hub, tenant.tenant_id) if close else None
    spent = days_spent(hub, tenant.tenant_id) if close else frozenset()
    report = LoadReport()
    started = time.monotonic()
    with (
        _stop_on_signal() as stop,
        _progress(show) as progress,
        _closing(closer),
        open_announcer(hub, "hub-load") as announcer,
    ):
        sink: EventSink = AnnouncingSink(_sink(hub, failpoints), announcer)
        if closer is not None:
            sink = FollowedSink(sink, closer)
        pipeline = _pipeline(hub, sink, failpoints, spent)
        try:
            for source in sources:
                shown = _Shown(progress, source, closer)
                rules = tenant_rules(tenant, any_age=any_age)
                report.parts.append(
                    (source.origin, pipeline.run(source, rules, progress=shown.update, stop=stop))
                )
                report.stopped = stop.is_set()
                if report.stopped:
                    break
        finally:
            sink.close()
            report.seconds = time.monotonic() - started
        if closer is not None:
            task = progress.add_task("closing", total=None, rate="")
            report.history = closer.finish(stop, lambda: progress.update(task, rate=closer.so_far))
    return report


def _sink(hub: OpenedHub, failpoints: Failpoints) -> PostgresSink:
    settings = hub.settings
    timeouts = Timeouts(connect_s=settings.database.connect_timeout_s)
    return PostgresSink(
        lambda: connect(hub.dsn("hub_writer"), "hub-load", timeouts),
        settings.flush,
        SystemClock(),
        cache=SeriesCache(settings.ingest.series_cache_max),
        failpoints=failpoints,
    )


def _pipeline(hub: OpenedHub, sink: EventSink, failpoints: Failpoints, spent: frozenset[int]) -> Pipeline:
    settings = hub.settings
    letters_max = settings.ingest.dead_letter_bytes_per_flush_max
    decoder = HistoryDecoder(settings.decode, book_in_force(hub), letters_max, spent)
    return Pipeline(decoder, sink, settings.ingest, SystemClock(), failpoints=failpoints)


@contextmanager
def _closing(closer: HistoryCloser | None) -> Iterator[None]:
    """The closer beside the load. However the load ends, it begins no new transaction afterwards."""
    if closer is None:
        yield
        return
    closer.start()
    try:
        yield
    finally:
        closer.abandon()


def tenant_rules(tenant: Tenant, *, any_age: bool) -> TenantRules:
    horizon = None if any_age or tenant.late_horizon is None else tenant.late_horizon
    return TenantRules(
        tenant.tenant_id,
        tenant.slug,
        None if horizon is None else int(horizon.total_seconds() * 1_000_000),
        tenant.declared_tags,
    )


class _Shown:
    """One source's line of the progress bar."""

    def __init__(self, progress: Progress, source: EventSource, closer: HistoryCloser | None) -> None:
        self._progress = progress
        self._closer = closer
        self._task = progress.add_task(source.origin, total=source.size_bytes, rate="")
        self._began = time.monotonic()

    def update(self, done: PipelineProgress) -> None:
        seconds = time.monotonic() - self._began
        rate = done.count.received / seconds if seconds else 0.0
        text = f"{done.count.received:,} events, {rate:,.0f}/s"
        if self._closer is not None:
            text += f", {self._closer.so_far}"
        self._progress.update(self._task, completed=done.source_bytes, rate=text)


@contextmanager
def _progress(show: bool) -> Iterator[Progress]:
    """A bar with rate and remaining time, on standard error; nothing where nobody looks."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=ERR, disable=not (show and ERR.is_terminal), transient=True) as progress:
        yield progress


@contextmanager
def _stop_on_signal() -> Iterator[threading.Event]:
    """The first SIGINT or SIGTERM asks for a clean stop; the handlers before come back, so the second one
    kills.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    try:
        for number in before:
            signal.signal(number, ask)
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _summed(counts: Iterator[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in counts:
        for name, times in part.items():
            total[name] = total.get(name, 0) + times
    return total
