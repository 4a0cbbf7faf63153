"""What stored forecasts were worth: which weeks are asked for, and what was written down of them.

In: a tenant, the moment, a number of weeks. Out: an `AccuracyQuery`; an `AccuracyAnswer`, the newest week first. The
judging is a job's (`analytics_hub/jobs/reporting.py`), by weeks that begin on Monday, in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.forecast import ForecastAccuracy
from analytics_hub.domain.tenant import TenantId

WEEKS_DEFAULT: Final = 8  # reports are kept as long as forecasts: by default sixty days
WEEKS_MAX: Final = 520  # as forecasts are kept for ten years at the most
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AccuracyQuery:
    """The whole weeks in [start, end)."""

    tenant: TenantId
    start: datetime
    end: datetime

    @property
    def weeks(self) -> int:
        return (self.end - self.start) // _WEEK


@dataclass(frozen=True, slots=True)
class AccuracyAnswer:
    """One a week, metric and step; weeks in which nothing was judged are absent."""

    query: AccuracyQuery
    accuracies: Sequence[ForecastAccuracy]


def ask_accuracy(tenant: TenantId, now: datetime, weeks: int = WEEKS_DEFAULT) -> AccuracyQuery:
    """The last weeks that are over."""
    if not 1 <= weeks <= WEEKS_MAX:
        raise InvalidInput("bad_weeks", "weeks", f"There are 1 to {WEEKS_MAX} weeks in an answer.")
    end = week_start(now)
    return AccuracyQuery(tenant, end - weeks * _WEEK, end)


def week_start(now: datetime) -> datetime:
    """The Monday that began the week of a moment in UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday())
