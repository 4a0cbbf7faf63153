"""Every job, what does it, and when it is due: one line each.

In: the settings of the jobs. Out: bodies by name; schedules as five fields of cron, in UTC.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from analytics_hub.domain.job import JobName
from analytics_hub.jobs.month_end import forecast_month
from analytics_hub.jobs.refitting import refit
from analytics_hub.jobs.reporting import report_accuracy
from analytics_hub.jobs.scoring import score
from analytics_hub.jobs.work import Body
from analytics_hub.settings import JobSettings

BODIES: Final[Mapping[JobName, Body]] = MappingProxyType(
    {
        JobName.SCORE: score,
        JobName.REFIT: refit,
        JobName.MONTH_END: forecast_month,
        JobName.BACKTEST_REPORT: report_accuracy,
    }
)


def schedules(settings: JobSettings) -> dict[JobName, str]:
    """Scoring first of all: it waits for no fit (see `PRIORITIES`)."""
    hour = settings.refit_hour
    return {
        JobName.SCORE: f"{settings.score_minute} * * * *",
        JobName.REFIT: f"17 {hour} * * *",
        JobName.MONTH_END: f"37 {hour} * * *",
        JobName.BACKTEST_REPORT: f"47 {hour} * * 1",
    }


PRIORITIES: Final[Mapping[JobName, int]] = MappingProxyType(
    {JobName.SCORE: 10, JobName.REFIT: 0, JobName.MONTH_END: 0, JobName.BACKTEST_REPORT: 0}
)
"""The greatest first."""
