"""A question about what is to come, and its answer, as values. A `ForecastQuery` that exists is valid.

In: a question about usage so far, in whole hours or days, and how many buckets to say after it. Out: a
`ForecastAnswer`: for each group a forecast of each metric, which says itself where it comes from. How the numbers come
about is in `analytics_hub/query/forecasting.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from analytics_hub.domain.answer import Coverage
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.forecast import SeriesForecast
from analytics_hub.domain.incident import Place
from analytics_hub.domain.usage import INTERVAL_NAMES, Interval, UsageQuery

METRICS_FORECAST: Final = ("cost_usd",)
"""What a question without metrics asks for."""
GROUPS_DEFAULT: Final = 5
"""Groups told apart where nobody says how many: each is a model of its own."""
STEP_S: Final[Mapping[Interval, int]] = {Interval.HOUR: 3_600, Interval.DAY: 86_400}
SEASON: Final[Mapping[Interval, int]] = {Interval.HOUR: 24, Interval.DAY: 7}
"""Buckets of one cycle: hours of a day, days of a week."""
_HORIZON_DEFAULT: Final[Mapping[Interval, int]] = {Interval.HOUR: 24, Interval.DAY: 30}


@dataclass(frozen=True, slots=True)
class ForecastCaps:
    """Bounds of a question; `analytics_hub/settings/forecasts.py` names and documents them."""

    horizon_hours_max: int = 168
    horizon_days_max: int = 92
    history_hours_days: int = 28
    history_days: int = 182
    series_max: int = 20

    def horizon_max(self, interval: Interval) -> int:
        return self.horizon_hours_max if interval is Interval.HOUR else self.horizon_days_max

    def days(self, interval: Interval) -> int:
        """How far back is learned from."""
        return self.history_hours_days if interval is Interval.HOUR else self.history_days


def forecast_interval(text: str) -> Interval:
    """From the spellings that people type."""
    interval = INTERVAL_NAMES.get(text)
    if interval is None or interval not in STEP_S:
        raise _unknown_interval()
    return interval


@dataclass(frozen=True, slots=True)
class ForecastQuery:
    """`usage` is the history, up to the first bucket that is not over. Its metrics may be more than those asked."""

    usage: UsageQuery
    metrics: tuple[str, ...] = METRICS_FORECAST
    horizon: int | None = None
    """Buckets to say; a day or a month where nobody says how many."""
    _: KW_ONLY
    caps: ForecastCaps = field(default_factory=ForecastCaps, repr=False)

    def __post_init__(self) -> None:
        if self.usage.interval not in STEP_S:
            raise _unknown_interval()
        most = self.caps.horizon_max(self.usage.interval)
        if isinstance(self.horizon, bool) or not 1 <= self.buckets <= most:
            raise InvalidInput(
                "bad_horizon", "horizon", f"A forecast says 1 to {most} buckets of this width."
            )
        groups = self.usage.groups_max if self.usage.group_by else 1
        if groups * len(self.metrics) > self.caps.series_max:
            raise InvalidInput(
                "too_many_series",
                "top",
                f"At most {self.caps.series_max} series (groups x metrics) are forecast at once.",
            )

    @property
    def buckets(self) -> int:
        if self.horizon is not None:
            return self.horizon
        return min(_HORIZON_DEFAULT[self.usage.interval], self.caps.horizon_max(self.usage.interval))

    @property
    def season(self) -> int:
        return SEASON[self.usage.interval]

    @property
    def step_s(self) -> int:
        return STEP_S[self.usage.interval]

    @property
    def place(self) -> Place | None:
        """Where a job may have forecast it already: the whole tenant, or one value of one dimension."""
        if self.usage.group_by or len(self.usage.filters) > 1:
            return None
        if not self.usage.filters:
            return Place()
        (chosen,) = self.usage.filters
        return Place(chosen.dimension, chosen.values[0]) if len(chosen.values) == 1 else None


class Source(StrEnum):
    """Where a forecast comes from."""

    COMPUTED = "computed"
    """Just now, by the quick models."""
    STORED = "stored"
    """By a job, which may fit slower ones; `made_at` says when."""


@dataclass(frozen=True, slots=True)
class Forecasted:
    """One metric of one group."""

    forecast: SeriesForecast
    source: Source


@dataclass(frozen=True, slots=True)
class GroupForecast:
    """`other` gathers all groups past the limit; its `group` is empty."""

    group: Mapping[str, str]
    other: bool
    metrics: Sequence[Forecasted]


@dataclass(frozen=True, slots=True)
class ForecastAnswer:
    """`starts`: the buckets that are said, the running one the first of them. `coverage` is that of the history."""

    query: ForecastQuery
    starts: Sequence[datetime]
    series: Sequence[GroupForecast]
    coverage: Coverage
    fresh_until: datetime
    made_at: datetime


def _unknown_interval() -> InvalidInput:
    return InvalidInput("unknown_interval", "interval", "A forecast is of hours or days: 1h or 1d.")
