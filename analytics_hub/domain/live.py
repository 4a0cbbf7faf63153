"""Live usage, as values: what is watched, and the messages that a watcher gets.

A `LiveQuery` is one tenant's usage by the minute, of the last minutes up to now; `at(now)` is the question that it is
at a moment. The messages of a stream are one `LiveSnapshot`, then `LiveChange`s, and one `LiveEnd`, which says why. How
they come about is in `analytics_hub/query/live.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from analytics_hub.domain.answer import Coverage, Value
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.metrics import METRICS_DEFAULT
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Filter, Interval, QueryCaps, UsageQuery

MINUTES_DEFAULT: Final = 15
_MINUTE: Final = timedelta(minutes=1)
_SOME_MIDNIGHT: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LiveCaps:
    """Bounds of a watched question; `analytics_hub/settings/live.py` names and documents them."""

    minutes_max: int = 60
    group_by_max: int = 1
    groups_max: int = 20


@dataclass(frozen=True, slots=True)
class LiveBounds:
    """Bounds of all that is watched in one process; named and documented as `LiveCaps` are."""

    streams_max: int = 1_500
    tenant_streams_max: int = 100
    queue_messages_max: int = 32
    push_every_s: float = 0.25
    look_every_s: float = 5.0
    incidents_every_s: float = 2.0
    asking_max: int = 4
    unavailable_s_max: float = 30.0


@dataclass(frozen=True, slots=True)
class LiveQuery:
    """Two that are equal are one question: whoever asks it gets the same messages. The tenant is part of it."""

    tenant: TenantId
    minutes: int = MINUTES_DEFAULT
    metrics: tuple[str, ...] = METRICS_DEFAULT
    group_by: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    limit: int | None = None
    """Groups told apart; the rest are `other`."""
    _: KW_ONLY
    caps: QueryCaps = field(default_factory=QueryCaps, repr=False)
    live_caps: LiveCaps = field(default_factory=LiveCaps, repr=False)

    @classmethod
    def ask(
        cls,
        tenant: TenantId,
        *,
        minutes: int = MINUTES_DEFAULT,
        metrics: Sequence[str] = (),
        group_by: Sequence[str] = (),
        filters: Mapping[str, Sequence[str]] | None = None,
        limit: int | None = None,
        caps: QueryCaps | None = None,
        live_caps: LiveCaps | None = None,
    ) -> "LiveQuery":
        """The same from the spellings that people type. Equal questions come out equal, whatever the order of their
        filters."""
        return cls(
            tenant,
            minutes,
            metrics=tuple(metrics) or METRICS_DEFAULT,
            group_by=tuple(group_by),
            filters=tuple(
                Filter(name, tuple(sorted(set(values)))) for name, values in sorted((filters or {}).items())
            ),
            limit=limit,
            caps=caps or QueryCaps(),
            live_caps=live_caps or LiveCaps(),
        )

    def __post_init__(self) -> None:
        if isinstance(self.minutes, bool) or not 1 <= self.minutes <= self.live_caps.minutes_max:
            most = self.live_caps.minutes_max
            raise InvalidInput("bad_minutes", "minutes", f"A live view has 1 to {most} minutes.")
        if len(self.group_by) > self.live_caps.group_by_max:
            most = self.live_caps.group_by_max
            raise InvalidInput(
                "too_many_dimensions", "group_by", f"At most {most} dimensions can group a live view."
            )
        if self.limit is not None and not 1 <= self.limit <= self.live_caps.groups_max:
            most = self.live_caps.groups_max
            raise InvalidInput("bad_limit", "limit", f"A live view has 1 to {most} groups.")
        self.at(_SOME_MIDNIGHT)  # the rest is what holds for every question

    @property
    def groups_max(self) -> int:
        return self.limit if self.limit is not None else self.live_caps.groups_max

    def at(self, now: datetime) -> UsageQuery:
        """The question at a moment: whole minutes, the running one among them."""
        end = now - (now - _SOME_MIDNIGHT) % _MINUTE + _MINUTE
        return UsageQuery(
            self.tenant,
            end - self.minutes * _MINUTE,
            end,
            interval=Interval.MINUTE,
            metrics=self.metrics,
            group_by=self.group_by,
            filters=self.filters,
            limit=self.groups_max if self.group_by else None,
            caps=self.caps,
        )


@dataclass(frozen=True, slots=True)
class LivePoint:
    """One minute of one group. `values` is None for a minute that was there and is no longer."""

    start: datetime
    values: Mapping[str, Value] | None


@dataclass(frozen=True, slots=True)
class LiveSeries:
    """Minutes of one group. `other` gathers the groups past the limit; its `group` is empty."""

    group: Mapping[str, str]
    other: bool
    points: tuple[LivePoint, ...]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LiveSnapshot:
    """All minutes that have events, in [start, end). Everything committed before `fresh_until` is counted."""

    query: LiveQuery
    start: datetime
    end: datetime
    fresh_until: datetime
    total: Mapping[str, Value]
    """Over the whole window: percentiles of minutes do not add up."""
    coverage: Coverage
    series: tuple[LiveSeries, ...]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LiveChange:
    """As a snapshot, but only with the minutes that differ from what was said before. Whoever applies it puts its
    points over the ones it has and forgets the minutes before `start`.
    """

    query: LiveQuery
    start: datetime
    end: datetime
    fresh_until: datetime
    total: Mapping[str, Value]
    coverage: Coverage
    series: tuple[LiveSeries, ...]


class EndReason(StrEnum):
    """Why a stream ends. Each has one answer: to open it again, at once or later, or with another credential."""

    SLOW_READER = "slow_reader"
    """Messages were not read as fast as they came."""
    KEY_REVOKED = "key_revoked"
    """The credential does not hold any more, or lacks the right."""
    EXPIRED = "expired"
    """The credential's own time is over."""
    UNAVAILABLE = "unavailable"
    """The question could not be answered, or nobody could say whether the credential holds, for too long."""
    FAILED = "failed"
    """The question cannot be answered any more: a tag is no longer declared, or the fault is ours and was logged."""
    TOO_LONG = "too_long"
    """A stream lives for a bounded time: open it again."""
    STOPPING = "stopping"
    """This process stops: open it again, at another one."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LiveEnd:
    """The last message."""

    reason: EndReason
    detail: str = ""


LiveUpdate = LiveSnapshot | LiveChange
LiveMessage = LiveUpdate | LiveEnd
