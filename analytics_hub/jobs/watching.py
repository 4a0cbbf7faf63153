"""What scoring looks at: hours of a tenant's usage as arrays, of the whole tenant and of its largest projects and
models.

In: a tenant, a range of whole hours, the use case of every usage question. Out: `Watched` series as
`models/incidents/ports.py` wants them. An hour without events is 0 for counts and money and not known for what is
divided by them; before the tenant's first event in the range nothing is known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from analytics_hub.domain.answer import Series, Value
from analytics_hub.domain.incident import Place
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, Order, UsageQuery
from analytics_hub.jobs.ports import Ask
from models.incidents import ports as metrics
from models.incidents.ports import Watched
from models.ports import Floats

DIMENSIONS: Final = ("project", "model")
"""Of which values are watched one by one: who spends, and on what."""
HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ASKED: Final = ("events", "cost_usd", "total_tokens", "errors", "latency_avg_ms")


def hour_number(moment: datetime) -> int:
    """Hours since 1970 began."""
    return (moment - _EPOCH) // HOUR


def hour_start(number: int) -> datetime:
    return _EPOCH + number * HOUR


@dataclass(frozen=True, slots=True)
class Hours:
    """Whole hours of one tenant, [start, end)."""

    tenant: TenantId
    start: datetime
    end: datetime

    @property
    def count(self) -> int:
        return (self.end - self.start) // HOUR


def watch(ask: Ask, hours: Hours, places_max: int) -> list[Watched]:
    """Nothing for a tenant without events in the range."""
    found = _series(ask, hours)
    if not found:
        return []
    first = (found[0].points.starts[0] - hours.start) // HOUR
    watched = list(_watched(found[0], Place(), hours, first))
    for dimension in DIMENSIONS if places_max else ():
        for series in _series(ask, hours, dimension, places_max):
            if not series.other:
                watched += _watched(series, Place(dimension, series.group[dimension]), hours, first)
    return watched


def _series(ask: Ask, hours: Hours, dimension: str = "", limit: int = 1) -> Sequence[Series]:
    query = UsageQuery(
        hours.tenant,
        hours.start,
        hours.end,
        interval=Interval.HOUR,
        metrics=_ASKED,
        group_by=(dimension,) if dimension else (),
        order=Order("cost_usd") if dimension else None,
        limit=limit if dimension else None,
    )
    return [series for series in ask(query).series if len(series.points)]


def _watched(series: Series, place: Place, hours: Hours, first: int) -> Iterator[Watched]:
    places = [(moment - hours.start) // HOUR for moment in series.points.starts]
    columns = {name: _column(series.points.columns[name], places, hours.count) for name in _ASKED}
    requests = np.nan_to_num(columns["events"])
    counted = {
        metrics.REQUESTS: requests.copy(),
        metrics.COST: np.nan_to_num(columns["cost_usd"]),
        metrics.TOKENS_SUM: np.nan_to_num(columns["total_tokens"]),
    }
    divided = {
        metrics.TOKENS: _ratio(columns["total_tokens"], requests),
        metrics.ERRORS: _ratio(columns["errors"], requests),
        metrics.LATENCY: columns["latency_avg_ms"],
    }
    for metric, values in (counted | divided).items():
        values[:first] = np.nan
        weights = requests if metric in divided else None
        yield Watched(metric, place.dimension, place.value, values, weights)


def _column(said: Sequence[Value], places: Sequence[int], hours: int) -> Floats:
    values = np.full(hours, np.nan)
    values[places] = [np.nan if value is None else float(value) for value in said]
    return values


def _ratio(values: Floats, requests: Floats) -> Floats:
    shares = np.full(len(values), np.nan)
    np.divide(values, requests, out=shares, where=requests > 0)
    return shares
