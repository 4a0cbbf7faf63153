"""A question about end-users and its answer: who used how much. As values.

In: a `UsageQuery`, whose groups are told apart by user as well. Out: what `analytics_hub/query/users.py` answers. An
end-user is on the event, not on its series: the rollups by series do not know it, the days of `usage_user_1d` and the
raw events do.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from analytics_hub.domain.answer import Series, Value
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import Level, LevelRead, Plan, Span
from analytics_hub.domain.usage import FINE_INTERVALS, Interval, UsageQuery

USER: Final = "user"
"""The name of the first group of every answer. '' is everybody who was not named."""

USER_METRICS: Final = tuple(
    name
    for name, metric in METRICS.items()
    if not (metric.sketch or metric.distinct or "unpriced_tokens" in metric.columns)
)
"""Without percentiles: a user's day has no sketches. Nor does an event keep which of its tokens had no price. How many
users there are is said of every answer."""

RUN_COLUMNS: Final = (
    "events",
    "errors",
    "total_tokens",
    "cost_pico_usd",
    "unpriced_events",
    "partial_events",
    "estimated_events",
)
"""What a run adds up, and all that hours of users hold; whatever else is asked is read from the days."""

STEPS: Final = {Level.USER_DAY: timedelta(days=1), Level.USER_HOUR: timedelta(hours=1)}
_BLOCKS: Final = {Level.USER_DAY: timedelta(days=32), Level.USER_HOUR: timedelta(days=1)}
_FIRST_BLOCK: Final = datetime(2000, 1, 1, tzinfo=UTC)

_OF_WHOLE_DAYS: Final = (Interval.NONE, Interval.DAY, Interval.WEEK, Interval.MONTH)


def block_of(moment: datetime, level: Level = Level.USER_DAY) -> Span:
    """The days, or hours, that runs are added up over: from the first of them through each."""
    start = moment - (moment - _FIRST_BLOCK) % _BLOCKS[level]
    return Span(start, start + _BLOCKS[level])


@dataclass(frozen=True, slots=True)
class BucketRows:
    """A closed day, or hour, of users: how many rows it has, and the run through it, where there is one."""

    bucket: datetime
    rows: int
    run_rows: int | None


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that are added, or taken away (`sign`): of the days or hours of a span, or of the run through `run`."""

    sign: int
    span: Span | None = None
    run: datetime | None = None
    level: Level = Level.USER_DAY


@dataclass(frozen=True, slots=True)
class UserPlan(Plan):
    """A plan whose days and hours of users are read as these pieces, which together are the same."""

    _: KW_ONLY
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class UserQuery:
    """Which users used most. `usage.limit` is how many are told apart, `usage.group_by` what else tells apart."""

    usage: UsageQuery
    _: KW_ONLY
    raw_days_max: int = 7
    """Raw events of so many days are read for one answer."""

    def __post_init__(self) -> None:
        asked = (*self.usage.metrics, self.usage.ordering.metric)
        for where, names in (("metrics", self.usage.metrics), ("order", asked)):
            for name in names:
                if name not in USER_METRICS:
                    known = ", ".join(USER_METRICS)
                    raise InvalidInput(
                        "unknown_metric", where, f"{name!r} is not known by user; known are {known}."
                    )
        if self.usage.compare:
            raise InvalidInput("not_by_user", "compare", "Users are not compared with a period before.")
        if not self.has_days and self.usage.end - self.usage.start > timedelta(days=self.raw_days_max):
            raise InvalidInput(
                "range_too_long",
                "from",
                "Users by another dimension, with filters or by less than a day are counted from raw events: "
                f"at most {self.raw_days_max} days.",
            )

    @property
    def has_days(self) -> bool:
        """Whether days of users can answer: they know no dimension and no hour."""
        return not self.usage.group_by and not self.usage.filters and self.usage.interval in _OF_WHOLE_DAYS

    @property
    def has_hours(self) -> bool:
        """Whether hours of users can answer: of no dimension, and not of everything that is measured."""
        usage = self.usage
        asked = (*usage.metrics, usage.ordering.metric)
        columns = {column for name in asked for column in METRICS[name].columns}
        return (
            not (usage.group_by or usage.filters)
            and usage.interval not in FINE_INTERVALS
            and columns <= set(RUN_COLUMNS)
        )


@dataclass(frozen=True, slots=True)
class UserCoverage:
    """How much of the answer's usage has a price."""

    events: int
    unpriced_events: int
    partial_events: int
    estimated_events: int

    @property
    def event_share(self) -> float | None:
        return (self.events - self.unpriced_events) / self.events if self.events else None


@dataclass(frozen=True, slots=True)
class UserAnswer:
    """Everything that was asked, from one snapshot. `series` are the users, best first, then `other`."""

    query: UserQuery
    users: int
    """How many different ones there are, those of `other` included; who was not named is nobody."""
    series: tuple[Series, ...]
    total: Mapping[str, Value]
    coverage: UserCoverage
    fresh_until: datetime
    levels: tuple[LevelRead, ...]


@dataclass(frozen=True, slots=True)
class UserRow:
    """Sums of one group, or (`group=None`) of everybody past the best ones, in one output bucket."""

    bucket: datetime | None
    group: tuple[str, ...] | None
    sums: Mapping[str, int]
    users: int
    """Of the whole range, told with every row."""
