"""What the jobs are called, and how a run of one went. What they do is in `analytics_hub/jobs`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

RunId = NewType("RunId", UUID)
TENANT_BUSY: Final = "tenant_busy"
"""The code of the error that another job is at work for the tenant."""


class JobName(StrEnum):
    """What is done for each tenant, by the clock."""

    SCORE = "score"
    """Looks at the newest hours: anomalies, incidents."""
    REFIT = "refit"
    """Forecasts of the next days, by the model that was best so far."""
    MONTH_END = "month_end"
    """What the month will have cost."""
    BACKTEST_REPORT = "backtest_report"
    """How good last week's forecasts were."""


class JobState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    """Its process ended before it did."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run for one tenant."""

    tenant: str
    """The slug."""
    job: str
    state: JobState
    began_at: datetime
    ended_at: datetime | None
    done_steps: int
    all_steps: int
    rows_written: int
    error: str

    @property
    def lasted_s(self) -> float | None:
        return None if self.ended_at is None else (self.ended_at - self.began_at).total_seconds()


@dataclass(frozen=True, slots=True)
class JobSummary:
    """The runs of one job of all tenants since a moment."""

    job: str
    last_began_at: datetime
    running: int
    done: int
    failed: int
    lost: int
    median_s: float | None
    last_error: str
