"""The job `month_end`: what a tenant's running month will have cost, kept day by day, so that one sees how it was
expected.

In: a `Work`. Out: the rows written: one forecast of one bucket, the month, whose step is `MONTH_STEP_S`. Months and
days are those of UTC. The numbers come from `models/month_end.py`.
"""

from datetime import datetime, timedelta
from math import isfinite
from typing import Final

import numpy as np

from analytics_hub.domain.answer import Points
from analytics_hub.domain.forecast import BacktestError, ForecastPoint, History, SeriesForecast
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.jobs.work import Work
from models.forecasters.selected import quick_members
from models.month_end import MonthEnd, month_end

MONTH_STEP_S: Final = 30 * 86_400
"""The step of a forecast of a month, however many days it has."""
_METRIC: Final = "cost_usd"
_DAY: Final = timedelta(days=1)


def forecast_month(work: Work) -> int:
    now = work.now.replace(second=0, microsecond=0)
    today = now.replace(hour=0, minute=0)
    asked = UsageQuery(
        work.tenant,
        today - work.settings.history_days * _DAY,
        now if now > today else today + timedelta(minutes=1),
        interval=Interval.DAY,
        metrics=(_METRIC,),
    )
    found = [series.points for series in work.ask(asked).series if len(series.points)]
    if not found:
        return 0
    forecast = _forecast(work, found[0], today)
    with work.writing() as writer:
        return writer.put_forecasts([forecast], today)


def _forecast(work: Work, points: Points, today: datetime) -> SeriesForecast:
    month = today.replace(day=1)
    after = (month + 31 * _DAY).replace(day=1)
    spending = {
        start: float(value or 0) for start, value in zip(points.starts, points.columns[_METRIC], strict=True)
    }
    first = min(*spending, today)
    days = np.array([spending.get(first + number * _DAY, 0.0) for number in range((today - first) // _DAY)])
    end = month_end(
        days,
        sum(value for start, value in spending.items() if start >= month),
        (after - today) // _DAY,
        quick_members(),
        fits_max=work.settings.fits_max,
        running_share=(work.now - today) / _DAY,
    )
    said = (_point(end, month),) if isfinite(end.expected) else ()
    return SeriesForecast(
        _METRIC, "", "", MONTH_STEP_S, said, end.model, History(end.history), first, today, _error(end), work.now
    )  # fmt: skip


def _point(end: MonthEnd, month: datetime) -> ForecastPoint:
    bounds = (bound for level in (80, 95) for bound in end.intervals[level])
    low_80, high_80, low_95, high_95 = (bound if isfinite(bound) else None for bound in bounds)
    return ForecastPoint(month, end.expected, low_80, high_80, low_95, high_95)


def _error(end: MonthEnd) -> BacktestError | None:
    mase, wape = (one if isfinite(one) else None for one in (end.mase, end.wape))
    return None if mase is None and wape is None else BacktestError(mase, wape, end.fits)
