"""What a question reads: levels of rollup, spans of time, and the marks that forbid a coarse row.

Values only. `analytics_hub/query/plan.py` decides them, `analytics_hub/query/build.py` turns them into SQL,
and the store (`analytics_hub/storage/usage_store.py`) runs that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from analytics_hub.domain.usage import UsageQuery


class Level(StrEnum):
    """The tables that answer, by their names, coarsest first. Facets answer along one dimension, or none."""

    FACET_DAY = "usage_1d_facet"
    DAY = "usage_1d"
    FACET_HOUR = "usage_1h_facet"
    HOUR = "usage_1h"
    TOTAL_MINUTE = "usage_1m_total"
    MINUTE = "usage_1m"
    USER_DAY = "usage_user_1d"
    USER_HOUR = "usage_user_1h"
    EVENT = "usage_events"


FACET_OF_ALL: Final = ""
"""The facet along no dimension: the whole tenant."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of bucket starts, UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Marks:
    """What one snapshot knows of a range. An hour without a mark has coarse rows equal to the sum of its
    deltas; a day needs that of all its hours and no mark of its own. `gaps` are the hours that have no rows
    of a facet, by its dimension.
    """

    hours: frozenset[datetime]
    days: frozenset[datetime]
    minutes_dropped_before: datetime | None
    taken_at: datetime
    declared_tags: frozenset[str] = frozenset()
    gaps: Mapping[str, frozenset[datetime]] = field(default_factory=dict)
    hours_dropped_before: datetime | None = None
    events_dropped_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """The spans that one level contributes, ascending and apart."""

    level: Level
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A question, the starts of its output buckets (none without an interval), and what to read for it.

    Reads of two levels overlap only where a late delta must be added to a coarse row whose minutes are gone.
    `facet` is the dimension of the facets among the reads. With `groups` those are the groups, in this order,
    instead of the best ones; the rest is `other`, or not read at all without `others`. Without both, every group is
    told apart, in no order.
    """

    query: UsageQuery
    edges: tuple[datetime, ...]
    reads: tuple[Read, ...]
    columns: tuple[str, ...]
    sketches: tuple[str, ...]
    facet: str | None = None
    groups: tuple[tuple[str, ...], ...] | None = None
    others: bool = True


@dataclass(frozen=True, slots=True)
class GroupRows:
    """The rows of one group by column, a row an output bucket: thousands of rows are a few lists.

    `buckets` ascend; without an interval there is one, None. `other` is everything past the limit.
    """

    group: tuple[str, ...]
    other: bool
    buckets: Sequence[datetime | None]
    sums: Mapping[str, Sequence[int]]
    sketches: Mapping[str, Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class LevelRead:
    """For the reader of an answer: how much time came from which level."""

    level: Level
    minutes: int
