"""The use case behind the end of the month: what was spent so far, and what the month is expected to come to.

In: a `MonthQuery`. Out: a `MonthForecast`. One question about usage by the day, one snapshot: what was spent is its
exact sum. The rest of the month is forecast by `models/month_end.py`, in a thread (`fitting.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from analytics_hub.domain.answer import Points
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.forecast import History
from analytics_hub.domain.forecast_query import ForecastCaps
from analytics_hub.domain.money import pico_from_usd, usd_from_pico
from analytics_hub.domain.month_forecast import COST, MonthForecast, MonthQuery
from analytics_hub.domain.plan import Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, QueryCaps, UsageQuery, checked_zone
from analytics_hub.query.buckets import bucket_edges
from analytics_hub.query.fitting import FittingPlaces
from analytics_hub.query.forecast_history import EVENTS, first_known, history_span, values_of
from analytics_hub.query.forecasting import Ask, ForecastRules, error_of
from models.conformal import LEVELS
from models.month_end import MonthEnd, month_end
from models.ports import Floats

_MINUTE = timedelta(minutes=1)
_MONTH_MAX = timedelta(days=32)


def ask_month(
    tenant: TenantId,
    now: datetime,
    *,
    tz: str = "UTC",
    filters: Mapping[str, Sequence[str]] | None = None,
    caps: QueryCaps | None = None,
    forecast_caps: ForecastCaps | None = None,
) -> MonthQuery:
    """The month that is running in the zone."""
    zone = checked_zone(tz)
    minute = now.replace(second=0, microsecond=0)
    (start, end) = bucket_edges(Interval.MONTH, zone, Span(minute, minute + _MONTH_MAX))[:2]
    past = history_span(Interval.DAY, zone, now, (forecast_caps or ForecastCaps()).history_days)
    usage = UsageQuery.ask(
        tenant,
        min(past.start, start),
        minute + _MINUTE,
        interval=Interval.DAY.value,
        tz=tz,
        metrics=(COST, EVENTS),
        filters=filters,
        fill=True,
        caps=caps,
    )
    return MonthQuery(usage, start, end, now)


class MonthService:
    """Asks usage; keeps no state of its own."""

    def __init__(self, ask: Ask, places: FittingPlaces, clock: Clock, rules: ForecastRules) -> None:
        self._ask = ask
        self._places = places
        self._clock = clock
        self._rules = rules

    async def ask(self, query: MonthQuery) -> MonthForecast:
        """Raises what the question of usage raises, RateLimited or TryLater where models cannot be fitted now."""
        answer = await self._ask(query.usage)
        points = answer.series[0].points if answer.series else Points()
        spent = sum(
            pico_from_usd(str(cost))
            for start, cost in zip(points.starts, points.columns.get(COST, ()), strict=True)
            if start >= query.start
        )
        first = min(first_known(points), max(0, len(points) - 1))  # the last one is the running day
        days = values_of(points, COST, first)[:-1]
        spent_usd = usd_from_pico(spent)
        found = await self._places.run(
            query.usage.tenant, lambda _: self._month_end(query, days, float(spent_usd))
        )
        known = bool(np.isfinite(found.expected))
        return MonthForecast(
            query,
            spent_usd,
            expected=float(found.expected) if known else None,
            intervals={level: _bounds(found, level) for level in LEVELS},
            model=found.model if known else "none",
            history=History(found.history) if known else History.NONE,
            trained_from=points.starts[first] if len(days) else None,
            error=error_of(found),
            coverage=answer.coverage,
            fresh_until=answer.fresh_until,
            made_at=self._clock.now(),
        )

    def _month_end(self, query: MonthQuery, days: Floats, spent: float) -> MonthEnd:
        """Work for a thread."""
        (today, *following) = bucket_edges(Interval.DAY, query.usage.zone, Span(query.now, query.end))
        length = (following[0] if following else query.end) - today
        return month_end(
            days,
            spent,
            1 + len(following),
            self._rules.members,
            fits_max=self._rules.fits_max,
            running_share=(query.now - today) / length,
        )


def _bounds(found: MonthEnd, level: int) -> tuple[float | None, float | None]:
    if not np.isfinite(found.expected):
        return None, None
    low, high = (float(edge) if np.isfinite(edge) else None for edge in found.intervals[level])
    return low, high
