"""The job `refit`: the nightly forecasts of a tenant, hourly and daily, and the end of what is kept too long.

In: a `Work`. Out: the rows written. What is asked and how it is forecast is what `/v1/forecasts` does, with more
time; a question that was forecast here is answered from it.
"""

from datetime import timedelta
from typing import Final

from analytics_hub.domain.forecast import SeriesForecast
from analytics_hub.domain.forecast_query import ForecastCaps, ForecastQuery
from analytics_hub.domain.usage import Interval
from analytics_hub.jobs.work import Work
from analytics_hub.query.forecast_history import ask_forecast

METRICS: Final = ("events", "cost_usd", "total_tokens")
"""What adds up, and what people plan by."""


def refit(work: Work) -> int:
    settings = work.settings
    caps = ForecastCaps(
        horizon_hours_max=settings.horizon_h,
        horizon_days_max=settings.horizon_days,
        history_hours_days=settings.history_hours_days,
        history_days=settings.history_days,
    )
    queries = [
        ask_forecast(
            work.tenant,
            work.now,
            interval=interval.value,
            horizon=horizon,
            metrics=METRICS,
            forecast_caps=caps,
        )
        for interval, horizon in ((Interval.HOUR, settings.horizon_h), (Interval.DAY, settings.horizon_days))
    ]
    rows = 0
    for number, query in enumerate(queries):
        work.progress(number, len(queries) + 1)
        forecasts = made(work, query)
        if forecasts:
            with work.writing() as writer:
                rows += writer.put_forecasts(forecasts, query.usage.end)
    with work.writing() as writer:
        findings = work.now - timedelta(days=settings.findings_days)
        writer.drop_before(
            forecasts=work.now - timedelta(days=settings.forecasts_days),
            anomalies=findings,
            incidents=findings,
        )
    work.drop_runs_before(work.now - timedelta(days=settings.runs_days))
    work.progress(len(queries) + 1, len(queries) + 1)
    return rows


def made(work: Work, query: ForecastQuery) -> list[SeriesForecast]:
    """Those that say something."""
    answer = work.forecast(query)
    return [one.forecast for group in answer.series for one in group.metrics if len(one.forecast.points)]
