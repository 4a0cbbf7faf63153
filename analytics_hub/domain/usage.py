"""A question about usage and its answer, as values. A `UsageQuery` that exists is valid; there is none
without a tenant.

In: what a caller asks, in any edge's spelling. Out: one frozen object that plans, caches and tests can
compare. Every refusal is an `InvalidInput` whose `field` names the argument. The metrics are in
`metrics.py`, the way from question to rows in `plan.py` and `analytics_hub/query`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.metrics import METRICS, METRICS_DEFAULT
from analytics_hub.domain.previous import previous_range
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage_checks import (
    FILTER_VALUE_BYTES_MAX,
    FIRST_MOMENT,
    LAST_MOMENT,
    check_dimensions,
    check_moment,
    check_names,
    check_values,
)

__all__ = [
    "COMPARE_PREVIOUS",
    "FILTER_VALUE_BYTES_MAX",
    "FINE_INTERVALS",
    "FIRST_MOMENT",
    "INTERVAL_NAMES",
    "LAST_MOMENT",
    "Filter",
    "Interval",
    "Order",
    "QueryCaps",
    "UsageQuery",
    "checked_zone",
]

COMPARE_PREVIOUS = "previous"


class Interval(StrEnum):
    """Width of the output buckets: of the clock up to 15m, of the caller's zone from 1h on (weeks begin on
    Monday).
    """

    MINUTE = "1m"
    MINUTES_5 = "5m"
    MINUTES_15 = "15m"
    HOUR = "1h"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1mo"
    NONE = "none"


FINE_INTERVALS = (Interval.MINUTE, Interval.MINUTES_5, Interval.MINUTES_15)
"""Those that only minutes can answer."""

INTERVAL_NAMES = {
    "minute": Interval.MINUTE,
    "hour": Interval.HOUR,
    "day": Interval.DAY,
    "week": Interval.WEEK,
    "month": Interval.MONTH,
} | {interval.value: interval for interval in Interval}
"""Every spelling that is accepted."""

# The shortest that each can be, so that an estimate of points never comes out too low.
_SHORTEST = {
    Interval.MINUTE: timedelta(minutes=1),
    Interval.MINUTES_5: timedelta(minutes=5),
    Interval.MINUTES_15: timedelta(minutes=15),
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(hours=23),
    Interval.WEEK: timedelta(days=7, hours=-1),
    Interval.MONTH: timedelta(days=28, hours=-1),
}


@dataclass(frozen=True, slots=True)
class QueryCaps:
    """Bounds of a question; `analytics_hub/settings` names and documents them."""

    points_max: int = 10_000
    groups_max: int = 1_000
    group_by_max: int = 4
    range_days_max: int = 3_660
    filter_values_max: int = 100
    minutes_max: int = 31 * 24 * 60
    raw_days_max: int = 7
    """Days of raw events that are read to count users."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which groups come first."""

    metric: str
    descending: bool = True

    @classmethod
    def parse(cls, text: str) -> "Order":
        """`-cost_usd` is the greatest first, `cost_usd` the least first."""
        return cls(text.removeprefix("-"), descending=text.startswith("-"))


@dataclass(frozen=True, slots=True)
class Filter:
    """One dimension (or `tag.<key>`) and the values that it may have. Missing is the empty string."""

    dimension: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """What is asked of one tenant's usage in [start, end). The edges are whole minutes: an event's place
    within its minute is not kept in the rollups, so a finer edge could not be honoured.
    """

    tenant: TenantId
    start: datetime
    end: datetime
    interval: Interval = Interval.NONE
    tz: str = "UTC"
    metrics: tuple[str, ...] = METRICS_DEFAULT
    group_by: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    order: Order | None = None
    limit: int | None = None
    compare: bool = False
    """Ask the period of the same length just before as well, for the same groups."""
    fill: bool = False
    """Answer empty buckets with zeros."""
    _: KW_ONLY
    caps: QueryCaps = field(default_factory=QueryCaps, repr=False)

    @classmethod
    def ask(
        cls,
        tenant: TenantId,
        start: datetime,
        end: datetime,
        *,
        interval: str = "none",
        tz: str = "UTC",
        metrics: Sequence[str] = (),
        group_by: Sequence[str] = (),
        filters: Mapping[str, Sequence[str]] | None = None,
        order: str | None = None,
        limit: int | None = None,
        compare: str | None = None,
        fill: bool = False,
        caps: QueryCaps | None = None,
    ) -> "UsageQuery":
        """The same from the spellings that people type: interval names, `-metric` for the order."""
        if interval not in INTERVAL_NAMES:
            known = ", ".join(INTERVAL_NAMES)
            raise InvalidInput("unknown_interval", "interval", f"The interval is one of {known}.")
        if compare not in (None, COMPARE_PREVIOUS):
            raise InvalidInput("unknown_comparison", "compare", f"The comparison is {COMPARE_PREVIOUS!r}.")
        return cls(
            tenant,
            start,
            end,
            interval=INTERVAL_NAMES[interval],
            tz=tz,
            metrics=tuple(metrics) or METRICS_DEFAULT,
            group_by=tuple(group_by),
            filters=tuple(Filter(name, tuple(values)) for name, values in (filters or {}).items()),
            order=Order.parse(order) if order else None,
            limit=limit,
            compare=compare is not None,
            fill=fill,
            caps=caps or QueryCaps(),
        )

    def __post_init__(self) -> None:
        if isinstance(self.tenant, bool) or not isinstance(self.tenant, int) or self.tenant <= 0:
            raise InvalidInput("no_tenant", "tenant", "A question needs a tenant.")
        self._check_range()
        check_names("metrics", self.metrics, tuple(METRICS))
        check_dimensions("group_by", self.group_by)
        self._check_filters()
        self._check_order()
        self._check_bounds()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)

    @property
    def groups_max(self) -> int:
        """How many groups are told apart; events of the rest are one group called `other`."""
        return self.limit if self.limit is not None else min(self.caps.groups_max, self._groups_that_fit())

    @property
    def ordering(self) -> Order:
        """The order asked for, else the first metric that can rank, else events; greatest first."""
        ranking = (name for name in self.metrics if METRICS[name].orderable)
        return self.order or Order(next(ranking, "events"))

    @property
    def previous(self) -> "UsageQuery":
        """The same question of the period before."""
        start, end = previous_range(self.start, self.end, self.zone)
        try:
            return replace(self, start=start, end=end, compare=False)
        except InvalidInput as refused:
            raise InvalidInput(refused.code, "compare", f"The period before: {refused.message}") from refused

    def _check_range(self) -> None:
        for name, moment in (("from", self.start), ("to", self.end)):
            check_moment(name, moment)
        if self.start >= self.end:
            raise InvalidInput("empty_range", "to", "The range ends before it starts.")
        if self.end - self.start > timedelta(days=self.caps.range_days_max):
            raise InvalidInput(
                "range_too_long", "from", f"A range has at most {self.caps.range_days_max} days."
            )
        checked_zone(self.tz)
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))

    def _check_filters(self) -> None:
        check_dimensions("filter", tuple(chosen.dimension for chosen in self.filters))
        for chosen in self.filters:
            check_values(f"filter.{chosen.dimension}", chosen.values, self.caps.filter_values_max)

    def _check_order(self) -> None:
        if self.order is None:
            return
        check_names("order", (self.order.metric,), tuple(METRICS))
        if not METRICS[self.order.metric].orderable:
            raise InvalidInput(
                "not_orderable", "order", "Groups cannot be ordered by a percentile or by a number of users."
            )

    def _check_bounds(self) -> None:
        if len(self.group_by) > self.caps.group_by_max:
            most = self.caps.group_by_max
            raise InvalidInput("too_many_dimensions", "group_by", f"At most {most} dimensions can group.")
        if self._buckets() > self.caps.points_max:
            most = self.caps.points_max
            raise InvalidInput(
                "too_many_points", "interval", f"An answer has at most {most} points: take a wider interval."
            )
        self._check_minutes()
        if self.limit is not None:
            most = min(self.caps.groups_max, self._groups_that_fit())
            if not 1 <= self.limit <= most:
                raise InvalidInput("bad_limit", "limit", f"Here the limit is 1 to {most} groups.")

    def _check_minutes(self) -> None:
        """Minutes of the whole tenant are one row each, those of groups are as many as there are series."""
        if self.interval not in FINE_INTERVALS or not (self.group_by or self.filters):
            return
        if self.end - self.start > timedelta(minutes=self.caps.minutes_max):
            raise InvalidInput(
                "too_many_minutes",
                "interval",
                f"With groups or filters at most {self.caps.minutes_max} minutes can be read one by one: "
                "take the interval 1h, a shorter range, or neither groups nor filters.",
            )

    def _buckets(self) -> int:
        """Output buckets, those of the period before among them, never estimated too low."""
        before = self.previous._buckets() if self.compare else 0
        if self.interval is Interval.NONE:
            return 1 + before
        return before - ((self.start - self.end) // _SHORTEST[self.interval])

    def _groups_that_fit(self) -> int:
        return max(1, self.caps.points_max // self._buckets())


def checked_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name, else InvalidInput."""
    if name not in _zones():
        raise InvalidInput("unknown_zone", "tz", "The zone is an IANA name, like Europe/Berlin.")
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
