"""Closes the days that a load of history has passed, beside it: a thread with connections of its own.

In: what each flush touched. Out: a `HistoryReport`. The loader never waits for the closer: a flush only says how far it
is. What is left at the end is closed by `finish`. Killed or stopped at any point: what is not closed stays marked, and
the next load, `hub close` or a serving process closes it. What is worth closing when: `history.py`; how it is closed:
`analytics_hub/storage/closer`.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from analytics_hub.cli.history import HistoryReport, LoadedDays
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import Clock, SystemClock
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer import ClosedReport, CloserLimits, close_due
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.reader_pool import translated
from ingest.decode import PreparedBatch
from ingest.ports import EventSink, Fence, Flushed

_TICK_S = 0.2  # how often the display moves while only the closing is left
_STATISTICS_HOURS = 24  # fewer closed hours than a day's change no plan
_NEVER = 2**62


class HistoryCloser:
    """One for each load; `start`, flushes, then `finish`."""

    def __init__(self, hub: OpenedHub, tenant_id: TenantId, clock: Clock | None = None) -> None:
        self._hub = hub
        self._tenant_id = tenant_id
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._loaded = LoadedDays(hub.settings.history.marks_max)
        self._until: datetime | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._last_round = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history-closer", daemon=True)
        self._error: Exception | None = None
        self._complete = False
        self._closing_s = 0.0
        self._since_refresh = 0  # of the statistics: hours closed
        self.hours = 0
        self.days = 0

    @property
    def so_far(self) -> str:
        """For people."""
        return f"{self.days:,} days closed"

    def start(self) -> None:
        self._thread.start()

    def flushed(self, days: Sequence[int], *, stored: bool) -> None:
        """A flush of these days is durable."""
        with self._lock:
            until = self._loaded.touched(days, stored=stored)
            if until is not None:
                self._until = max(until, self._until or until)
                self._wake.set()

    def finish(self, stop: threading.Event, show: Callable[[], None]) -> HistoryReport:
        """Closes what is left, until `stop` is set; a transaction under way is waited for, but not for ever."""
        began = time.monotonic()
        if stop.is_set():
            self._stop.set()
        self._last_round.set()
        self._wake.set()
        while self._thread.is_alive():
            self._thread.join(_TICK_S)
            show()
            if stop.is_set():
                self._stop.set()
                self._thread.join(self._hub.settings.history.stop_wait_s)
                break
        return self._report(time.monotonic() - began)

    def abandon(self) -> None:
        """The load has failed: no new transaction is begun, and nobody waits for the one under way."""
        self._stop.set()
        self._wake.set()

    def _report(self, after_load_s: float) -> HistoryReport:
        return HistoryReport(
            days=len(self._loaded.days),
            first=self._loaded.first,
            last=self._loaded.last,
            closed_hours=self.hours,
            closed_days=self.days,
            closing_s=self._closing_s,
            after_load_s=after_load_s,
            complete=self._complete,
            error=self._error,
        )

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            last = self._last_round.is_set()
            with self._lock:
                until, self._until = (None, None) if last else (self._until, None)
            if last or until is not None:
                self._complete = self._close(until) and last
            if last:
                return

    def _close(self, until: datetime | None) -> bool:
        """Whether all is closed up to this moment, or up to now. A fault here is no fault of the load: the next flush
        wakes the closer again."""
        began = time.monotonic()
        try:
            while not self._stop.is_set():
                now = self._clock.now()
                report = self._round(
                    now if until is None else min(until, now), refresh=self._is_refresh_due()
                )
                self.hours += report.hours
                self.days += report.days
                if report.complete and until is not None:
                    with self._lock:
                        self._loaded.closed(until)
                if report.complete or report.busy:
                    if until is None and self._since_refresh >= _STATISTICS_HOURS:
                        self._round(now, refresh=True)
                    self._error = None
                    return report.complete
        except Exception as error:  # noqa: BLE001
            self._error = error  # the report tells it, and the command raises it
        finally:
            self._closing_s += time.monotonic() - began
        return False

    def _is_refresh_due(self) -> bool:
        """Statistics are of whole tables and take seconds: anew when half as much again has been closed."""
        return self._since_refresh >= max(_STATISTICS_HOURS, self.hours // 3)

    def _round(self, until: datetime, *, refresh: bool) -> ClosedReport:
        settings = self._hub.settings
        closer = settings.closer
        timeouts = Timeouts(
            connect_s=settings.database.connect_timeout_s, statement_ms=closer.statement_timeout_ms
        )
        limits = replace(
            CloserLimits.of(closer).with_transactions(settings.history.transactions_max),
            statistics_hours=0 if refresh else _NEVER,
        )
        with translated(), connect(self._hub.dsn("hub_maint"), "hub-load-closer", timeouts) as conn:
            report = close_due(conn, until, self._tenant_id, limits)
        self._since_refresh = 0 if refresh else self._since_refresh + report.hours
        return report


class FollowedSink:
    """A sink that tells the closer how far it is."""

    def __init__(self, sink: EventSink, closer: HistoryCloser) -> None:
        self._sink = sink
        self._closer = closer

    def claim(self, partition_key: str, first_offset: int) -> Fence:
        return self._sink.claim(partition_key, first_offset)

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        days = prepared.batch.days()  # before the flush: afterwards the duplicates' are gone
        flushed = self._sink.flush(prepared, fence, next_offset)
        self._closer.flushed(days, stored=flushed.count.stored > 0)
        return flushed

    def close(self) -> None:
        self._sink.close()
