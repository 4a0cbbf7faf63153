"""The answer to a usage question: series of points, with what may be believed of them.

Made by `analytics_hub/query/service.py`; spelled for the wire in `analytics_hub/api/wire.py`. Values are
already in their outward form: counts are exact integers, money is an exact decimal string in USD, ratios and
milliseconds are floats.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analytics_hub.domain.plan import LevelRead
from analytics_hub.domain.usage import UsageQuery

Value = int | float | str | None
"""None where there is nothing to divide by or no event carried the measure."""


@dataclass(frozen=True, slots=True)
class Point:
    """The values of one output bucket, named by its start (the first one may start before the range)."""

    start: datetime
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Points:
    """The points of one series by column, which thousands of objects would be slower than: each column has a value for
    each start.
    """

    starts: Sequence[datetime] = ()
    columns: Mapping[str, Sequence[Value]] = field(default_factory=dict)

    @classmethod
    def of(cls, points: Iterable[Point]) -> "Points":
        """Of points that all have the same metrics."""
        found = list(points)
        names = found[0].values if found else ()
        return cls(
            [point.start for point in found],
            {name: [point.values[name] for point in found] for name in names},
        )

    def rows(self) -> Iterator[tuple[Value, ...]]:
        """The values of each point, in the order of the columns."""
        return zip(*self.columns.values(), strict=True)

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Point]:
        for start, row in zip(self.starts, self.rows(), strict=True):
            yield Point(start, dict(zip(self.columns, row, strict=True)))


@dataclass(frozen=True, slots=True)
class Series:
    """One group over time. A bucket without events has no point; without an interval there are no points at
    all.

    `other` gathers all groups past the limit; its `group` is empty.
    """

    group: Mapping[str, str]
    other: bool
    total: Mapping[str, Value]
    points: Points
    previous: "PreviousSeries | None" = None
    """With a comparison: the same group in the period before."""


@dataclass(frozen=True, slots=True)
class PreviousSeries:
    """A group in the period before: its total and its points, named by their own starts."""

    total: Mapping[str, Value]
    points: Points


@dataclass(frozen=True, slots=True)
class PreviousPeriod:
    """The period before the range, of the same length, and everything in it."""

    start: datetime
    end: datetime
    total: Mapping[str, Value]
    coverage: "Coverage"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the answer's usage has a price. An unpriced model is never a silent $0."""

    events: int
    unpriced_events: int
    partial_events: int
    estimated_events: int
    tokens: int
    unpriced_tokens: int

    @property
    def event_share(self) -> float | None:
        return _share(self.events, self.unpriced_events)

    @property
    def token_share(self) -> float | None:
        return _share(self.tokens, self.unpriced_tokens)


@dataclass(frozen=True, slots=True)
class UsageAnswer:
    """Everything that was asked, from one snapshot of the database.

    `fresh_until` is the moment of that snapshot: every event whose flush was committed before it is counted.
    Events are acknowledged after their commit, so nothing acknowledged earlier is missing. (Events that a
    broker still holds are acknowledged before their flush; a deployment with one will have to subtract its
    lag here.)
    """

    query: UsageQuery
    series: tuple[Series, ...]
    total: Mapping[str, Value]
    coverage: Coverage
    fresh_until: datetime
    levels: tuple[LevelRead, ...]
    previous: PreviousPeriod | None = None


def _share(whole: int, missing: int) -> float | None:
    return (whole - missing) / whole if whole else None
