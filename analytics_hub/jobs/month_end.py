"""The job `month_end`: what a tenant's running month will have cost, kept day by day, so that one sees how it was
expected.

In: a `Work`. Out: the rows written: one forecast of one bucket, the month, whose step is `MONTH_STEP_S`. What is
expected is what `/v1/forecasts/month` says in UTC.
"""

from datetime import UTC
from typing import Final

from analytics_hub.domain.forecast import ForecastPoint, SeriesForecast
from analytics_hub.domain.forecast_query import ForecastCaps
from analytics_hub.domain.month_forecast import COST
from analytics_hub.jobs.work import Work
from analytics_hub.query.month import ask_month

MONTH_STEP_S: Final = 30 * 86_400
"""The step of a forecast of a month, however many days it has."""


def forecast_month(work: Work) -> int:
    caps = ForecastCaps(history_days=work.settings.history_days)
    found = work.month(ask_month(work.tenant, work.now, forecast_caps=caps))
    if found.expected is None:
        return 0
    today = work.now.replace(hour=0, minute=0, second=0, microsecond=0)
    point = ForecastPoint(
        found.query.start.astimezone(UTC), found.expected, *found.intervals[80], *found.intervals[95]
    )
    forecast = SeriesForecast(
        COST, "", "", MONTH_STEP_S, (point,), found.model, found.history, found.trained_from, today, found.error,
        found.made_at,
    )  # fmt: skip
    with work.writing() as writer:
        return writer.put_forecasts([forecast], today)
