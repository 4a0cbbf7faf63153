"""How closing goes on, for `/metrics` and for people who wait.

In: what `analytics_hub/storage/closer` tells. Out: metrics that move, and a progress bar where somebody looks.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from analytics_hub.cli.console import ERR
from analytics_hub.storage.closer import ClosedReport, Turn
from analytics_hub.telemetry import (
    CLOSED_DAYS,
    CLOSED_HOURS,
    CLOSER_CONFLICTS,
    CLOSER_FAILED_TENANTS,
    CLOSER_HOUR_SECONDS,
    CLOSER_HOURS_WAITING,
    CLOSER_LAG_SECONDS,
)


class Measured:
    """Moves the counters. A round over all tenants (`everybody`) moves the gauges too."""

    def __init__(self, *, everybody: bool) -> None:
        self._everybody = everybody

    def round_began(self, hours_waiting: int) -> None:
        if self._everybody:
            CLOSER_HOURS_WAITING.set(hours_waiting)

    def turn_ended(self, turn: Turn, seconds: float, conflicts: int) -> None:
        CLOSED_HOURS.inc(turn.hours)
        CLOSED_DAYS.inc(turn.days)
        CLOSER_CONFLICTS.inc(conflicts)
        for _ in range(turn.hours):
            CLOSER_HOUR_SECONDS.observe(seconds / turn.hours)


class Shown(Measured):
    """And shows them."""

    def __init__(self, progress: Progress, *, everybody: bool) -> None:
        super().__init__(everybody=everybody)
        self._progress = progress
        self._task: TaskID | None = None
        self._done = 0

    def round_began(self, hours_waiting: int) -> None:
        super().round_began(hours_waiting)
        if self._task is None:
            self._task = self._progress.add_task("closing hours")
        self._progress.update(self._task, completed=self._done, total=self._done + hours_waiting)

    def turn_ended(self, turn: Turn, seconds: float, conflicts: int) -> None:
        super().turn_ended(turn, seconds, conflicts)
        self._done += turn.hours
        if self._task is not None:
            self._progress.update(self._task, completed=self._done)


class Lag:
    """Since when nothing is due any more. The gauge goes on growing when nobody closes."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._caught_up_at: float | None = None

    def began(self) -> float:
        now = self._monotonic_s()
        if self._caught_up_at is None:  # what was due before this process began is not known
            self._caught_up_at = now
            CLOSER_LAG_SECONDS.set_function(self.seconds)
        return now

    def ended(self, began: float, report: ClosedReport) -> None:
        CLOSER_FAILED_TENANTS.set(len(report.failed))
        if report.complete:
            self._caught_up_at = began
            CLOSER_HOURS_WAITING.set(0)

    def seconds(self) -> float:
        return 0.0 if self._caught_up_at is None else self._monotonic_s() - self._caught_up_at


@contextmanager
def shown(*, everybody: bool) -> Iterator[Shown]:
    """A bar with the remaining time, on standard error; nothing where nobody looks."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=ERR, disable=not ERR.is_terminal, transient=True) as progress:
        yield Shown(progress, everybody=everybody)
