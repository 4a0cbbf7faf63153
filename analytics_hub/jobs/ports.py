"""The ports of the jobs: what one has of its tenant, and where it asks.

Real: `analytics_hub/storage/job_desk.py` and `finding_book.py`, over hub_maint in the tenant's own transactions;
usage is asked as everybody asks it, through `UsageService` as hub_reader, and the hours to score through `HourService`.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeAlias

from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.forecast import ForecastAccuracy, SeriesForecast
from analytics_hub.domain.forecast_query import ForecastAnswer, ForecastQuery
from analytics_hub.domain.hours import HourColumns
from analytics_hub.domain.incident import Anomaly, Incident
from analytics_hub.domain.job import JobName, JobState, RunId
from analytics_hub.domain.month_forecast import MonthForecast, MonthQuery
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.hours import HoursQuery

Ask: TypeAlias = Callable[[UsageQuery], UsageAnswer]
"""From a job's thread: the loop of the process asks meanwhile."""
AskHours: TypeAlias = Callable[[HoursQuery], Sequence[HourColumns]]
"""Hours as arrays, over a connection of the thread's own."""
Forecast: TypeAlias = Callable[[ForecastQuery], ForecastAnswer]
"""The same, of the use case behind every forecast."""
Month: TypeAlias = Callable[[MonthQuery], MonthForecast]
"""And of the one behind the end of the month."""


class Writer(Protocol):
    """Findings inside one transaction of one tenant; the same findings twice change nothing."""

    def put_forecasts(self, forecasts: Sequence[SeriesForecast], as_of: datetime) -> int: ...

    def replace_anomalies(self, start: datetime, anomalies: Sequence[Anomaly]) -> int:
        """These are all from `start` on."""
        ...

    def put_incidents(self, incidents: Sequence[Incident]) -> int:
        """What people said stays, and so do the moments of finding and telling."""
        ...

    def put_accuracy(self, accuracies: Sequence[ForecastAccuracy]) -> int: ...

    def recent_incidents(self, since: datetime, judged_since: datetime, limit: int) -> Sequence[Incident]: ...

    def not_alerted(self, limit: int) -> Sequence[Incident]:
        """Nobody else gets them before this transaction ends."""
        ...

    def mark_alerted(self, incidents: Sequence[Incident], at: datetime) -> None: ...

    def forecasts_as_of(self, start: datetime, end: datetime) -> Sequence[SeriesForecast]: ...

    def drop_before(self, *, forecasts: datetime, anomalies: datetime, incidents: datetime) -> None: ...


class Desk(Protocol):
    """One tenant's, held by one job at a time."""

    def writing(self) -> AbstractContextManager[Writer]: ...

    def begin(self, job: JobName, at: datetime) -> RunId: ...

    def progress(self, run: RunId, done: int, all_steps: int) -> None: ...

    def end(
        self,
        run: RunId,
        state: JobState,
        at: datetime,
        *,
        steps: tuple[int, int],
        rows: int = 0,
        error: str = "",
    ) -> None: ...

    def last_done(self, job: JobName) -> datetime | None: ...

    def drop_runs_before(self, before: datetime) -> None: ...

    def announce(self) -> None: ...


class JobBook(Protocol):
    """Opens desks; TryLater when another process works for the tenant."""

    def desk(self, tenant: TenantId) -> AbstractContextManager[Desk]: ...
