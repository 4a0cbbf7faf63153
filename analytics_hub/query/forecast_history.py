"""The grid of a forecast: which whole buckets are behind us, which are to come, and what the former held.

In: an interval, a zone, a moment; the series of a usage answer. Out: ranges, starts, arrays as models take them, oldest
first. The running bucket is no history: it is not over. Before a series' first event there is none either. A bucket
without events is 0 for counts and money, and not known for what is divided by them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analytics_hub.domain.answer import Points
from analytics_hub.domain.forecast_query import (
    GROUPS_DEFAULT,
    METRICS_FORECAST,
    ForecastCaps,
    ForecastQuery,
    forecast_interval,
)
from analytics_hub.domain.plan import Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import FIRST_MOMENT, Interval, QueryCaps, UsageQuery, checked_zone
from analytics_hub.query.buckets import bucket_edges
from models.ports import Floats

EVENTS = "events"
"""Asked besides: where there were any, history begins."""
_LONGEST = {Interval.HOUR: timedelta(hours=1), Interval.DAY: timedelta(hours=25)}
_MINUTE = timedelta(minutes=1)


def ask_forecast(
    tenant: TenantId,
    now: datetime,
    *,
    interval: str = "1d",
    horizon: int | None = None,
    tz: str = "UTC",
    metrics: Sequence[str] = (),
    group_by: Sequence[str] = (),
    filters: Mapping[str, Sequence[str]] | None = None,
    order: str | None = None,
    top: int | None = None,
    caps: QueryCaps | None = None,
    forecast_caps: ForecastCaps | None = None,
) -> ForecastQuery:
    """The question from the spellings that people type, with the history that its interval takes."""
    bounds = forecast_caps or ForecastCaps()
    wanted = tuple(metrics) or METRICS_FORECAST
    width = forecast_interval(interval)
    past = history_span(width, checked_zone(tz), now, bounds.days(width))
    usage = UsageQuery.ask(
        tenant,
        past.start,
        past.end,
        interval=width.value,
        tz=tz,
        metrics=wanted if EVENTS in wanted else (*wanted, EVENTS),
        group_by=group_by,
        filters=filters,
        order=order,
        limit=(GROUPS_DEFAULT if top is None else top) if group_by else None,
        fill=True,
        caps=caps,
    )
    return ForecastQuery(usage, wanted, horizon, caps=bounds)


def history_span(interval: Interval, zone: ZoneInfo, now: datetime, days: int) -> Span:
    """The whole buckets of about so many days before the running one."""
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    (running, *_) = bucket_edges(interval, zone, Span(minute, minute + _MINUTE))
    back = max(FIRST_MOMENT + _LONGEST[Interval.DAY], running - timedelta(days=days))
    (start, *_) = bucket_edges(interval, zone, Span(back, running))
    return Span(start, running)


def buckets_to_come(interval: Interval, zone: ZoneInfo, start: datetime, count: int) -> tuple[datetime, ...]:
    """The starts of so many buckets from this one on."""
    return bucket_edges(interval, zone, Span(start, start + (count + 1) * _LONGEST[interval]))[:count]


def first_known(points: Points) -> int:
    """The place of the first bucket with an event; their number when there is none."""
    events = points.columns.get(EVENTS, ())
    return next((place for place, count in enumerate(events) if count), len(events))


def values_of(points: Points, metric: str, first: int) -> Floats:
    """What models take: None becomes NaN, money of any length the nearest float."""
    found = [np.nan if value is None else float(value) for value in points.columns.get(metric, ())[first:]]
    return np.array(found, dtype=np.float64)
