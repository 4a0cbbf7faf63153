"""Raw events as they were stored: what is asked for, one of them, and a page of them.

In: plain values. `EventFilter` refuses what breaks a rule, naming the argument; `analytics_hub/query/events.py` reads
the pages. What is added up of events is `usage.py`.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.series import COST_STATUSES
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import (
    FILTER_VALUE_BYTES_MAX,
    FIRST_MOMENT,
    LAST_MOMENT,
    Filter,
    QueryCaps,
    UsageQuery,
)

EVENT_FIELDS: Final = (
    "source",
    "id",
    "user",
    "session",
    "api_key_id",
    "agent",
    "region",
    "trace_id",
    "error_type",
    "cost_status",
)
"""What can be filtered by besides the dimensions of its series. Missing is the empty string."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events of a tenant: those of [start, end) that have one of the values of every filter."""

    tenant: TenantId
    start: datetime
    end: datetime
    dimensions: tuple[Filter, ...] = ()
    fields: tuple[Filter, ...] = ()
    errors_only: bool = False
    _: KW_ONLY
    caps: QueryCaps = field(default_factory=QueryCaps, repr=False)

    def __post_init__(self) -> None:
        for name, moment in (("from", self.start), ("to", self.end)):
            if moment.tzinfo is None:
                raise InvalidInput("no_offset", name, "A moment needs its UTC offset.")
            if not FIRST_MOMENT <= moment <= LAST_MOMENT:
                raise InvalidInput("out_of_range", name, "Moments lie in the years 2000 to 2100.")
        if self.start >= self.end:
            raise InvalidInput("empty_range", "to", "The range ends before it starts.")
        if self.end - self.start > timedelta(days=self.caps.range_days_max):
            raise InvalidInput(
                "range_too_long", "from", f"A range has at most {self.caps.range_days_max} days."
            )
        # The filters of a series obey the rules of every usage question: one is asked of any minute.
        minute = FIRST_MOMENT + timedelta(minutes=1)
        UsageQuery(self.tenant, FIRST_MOMENT, minute, filters=self.dimensions, caps=self.caps)
        for chosen in self.fields:
            _check_field(chosen, self.caps.filter_values_max)
        if len({chosen.dimension for chosen in self.fields}) != len(self.fields):
            raise InvalidInput("named_twice", "filter", "A field is named twice.")


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Where a page ends: everything that follows is older. The order is (ts, event_key), newest first."""

    at: datetime
    key: UUID

    @classmethod
    def before(cls, moment: datetime) -> "EventPlace":
        """Behind every event of this moment, before all older ones."""
        return cls(moment, UUID(int=0))


@dataclass(frozen=True, slots=True)
class RawEvent:
    """A row of `hub.usage_events` with the dimensions of its series. Absent text is the empty string."""

    key: UUID
    at: datetime
    received_at: datetime
    source: str
    event_id: str
    user: str
    session: str
    api_key_id: str
    agent: str
    region: str
    trace_id: str
    span_id: str
    error_type: str
    dimensions: Mapping[str, str]
    tags: Mapping[str, str]
    """Declared and undeclared ones together."""
    tokens: Mapping[str, int]
    """By kind, the nine of `TOKEN_KINDS`."""
    web_searches: int
    latency_us: int | None
    ttft_us: int | None
    cost_pico_usd: Mapping[str, int]
    """By line, the five of `COST_LINES`; they add up to the cost."""
    cost_status: str
    price_id: int | None

    @property
    def place(self) -> EventPlace:
        return EventPlace(self.at, self.key)


@dataclass(frozen=True, slots=True)
class EventsKept:
    """What one snapshot knows of a tenant's events."""

    taken_at: datetime
    dropped_before: datetime | None
    """Events before this moment have been dropped."""
    declared_tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, newest first, and where the next page begins (None: the range has no more).

    One request looks back so far and no farther: with a rare filter a page may have few events, or none, and still have
    a next one. `searched_from` says how far it came.
    """

    events: tuple[RawEvent, ...]
    next: EventPlace | None
    searched_from: datetime
    kept: EventsKept


def _check_field(chosen: Filter, values_max: int) -> None:
    name = chosen.dimension
    if name not in EVENT_FIELDS:
        raise InvalidInput(
            "unknown_field", name, f"There is no {name!r}; there are {', '.join(EVENT_FIELDS)}."
        )
    if not 1 <= len(chosen.values) <= values_max:
        raise InvalidInput("filter_values", name, f"A filter has 1 to {values_max} values.")
    for value in chosen.values:
        if "\0" in value or len(value.encode(errors="surrogatepass")) > FILTER_VALUE_BYTES_MAX:
            raise InvalidInput(
                "filter_value", name, f"A value has at most {FILTER_VALUE_BYTES_MAX} bytes and no NUL."
            )
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidInput("not_text", name, "The value is not valid Unicode.")
        if name == "cost_status" and value not in COST_STATUSES:
            known = ", ".join(COST_STATUSES)
            raise InvalidInput("unknown_cost_status", name, f"The status is one of {known}.")
