"""What scoring looks at: hours of a tenant's usage as arrays, of the whole tenant and of its largest projects and
models.

In: a tenant, a range of whole hours, the use case that reads hours. Out: `Watched` series as
`models/incidents/ports.py` wants them. An hour without events is 0 for counts and money and not known for what is
divided by them; before the tenant's first event in the range nothing is known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics_hub.domain.hours import HourColumns
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.ports import AskHours
from analytics_hub.query.hours import HoursQuery
from models.incidents import ports as metrics
from models.incidents.ports import Watched
from models.ports import Floats

DIMENSIONS: Final = ("project", "model")
"""Of which values are watched one by one: who spends, and on what."""
HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PICO: Final = 1e12
_US_PER_MS: Final = 1e3


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


def watch(ask: AskHours, hours: Hours, places_max: int) -> list[Watched]:
    """Nothing for a tenant without events in the range."""
    dimensions = DIMENSIONS if places_max else ()
    found = ask(HoursQuery(hours.tenant, hours.start, hours.end, dimensions, places_max))
    if not found:
        return []
    first = int(_columns_at(found[0], hours).min())
    return [watched for one in found for watched in _watched(one, hours, first)]


def _watched(one: HourColumns, hours: Hours, first: int) -> Iterator[Watched]:
    at = _columns_at(one, hours)
    columns = {name: _column(values, at, hours.count) for name, values in one.columns.items()}
    requests, tokens = columns["events"], columns["total_tokens"]
    counted = {
        metrics.REQUESTS: requests.copy(),
        metrics.COST: columns["cost_pico_usd"] / _PICO,
        metrics.TOKENS_SUM: tokens.copy(),
    }
    divided = {
        metrics.TOKENS: _ratio(tokens, requests),
        metrics.ERRORS: _ratio(columns["errors"], requests),
        metrics.LATENCY: _ratio(columns["latency_us_sum"], columns["latency_count"]) / _US_PER_MS,
    }
    for metric, values in (counted | divided).items():
        values[:first] = np.nan
        weights = requests if metric in divided else None
        yield Watched(metric, one.dimension, one.value, values, weights)


def _columns_at(one: HourColumns, hours: Hours) -> NDArray[np.intp]:
    """The places of its hours in the range."""
    since_s = np.asarray(one.starts_s) - hours.start.timestamp()
    return (since_s / HOUR.total_seconds()).round().astype(np.intp)


def _column(said: Sequence[float], at: NDArray[np.intp], hours: int) -> Floats:
    values = np.zeros(hours)
    values[at] = said
    return values


def _ratio(values: Floats, requests: Floats) -> Floats:
    shares = np.full(len(values), np.nan)
    np.divide(values, requests, out=shares, where=requests > 0)
    return shares
