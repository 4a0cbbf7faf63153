"""What values a dimension has, for whoever must choose among them: the question and the answer, as values.

In: names, a range, the beginning of a word. Out: values by how many events they have. The answers are made in
`analytics_hub/query/dimensions.py`.
"""

from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.plan import LevelRead
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import FILTER_VALUE_BYTES_MAX, Order, QueryCaps, UsageQuery

VALUES_MAX: Final = 10_000
"""So many values of a dimension are told apart, the most frequent ones: as many as a tenant has series."""


@dataclass(frozen=True, slots=True)
class DimensionQuery:
    """Which values a dimension (or `tag.<key>`) has. No name: all dimensions and declared tags. The range is widened to
    whole UTC days at its start: what is chosen from need not be cut to the minute, and days are the quickest to read.
    """

    tenant: TenantId
    start: datetime
    end: datetime
    name: str | None = None
    prefix: str = ""
    """Only values that begin so, in whatever case."""
    limit: int = 50
    """Values shown of each dimension."""
    _: KW_ONLY
    caps: QueryCaps = field(default_factory=QueryCaps, repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= self.caps.groups_max:
            raise InvalidInput("bad_limit", "limit", f"The limit is 1 to {self.caps.groups_max} values.")
        if "\0" in self.prefix or len(self.prefix.encode(errors="surrogatepass")) > FILTER_VALUE_BYTES_MAX:
            raise InvalidInput(
                "filter_value", "q", f"A value has at most {FILTER_VALUE_BYTES_MAX} bytes and no NUL."
            )
        try:
            # Asked of any dimension, the range obeys the rules of every usage question.
            self.question("model" if self.name is None else self.name)
        except InvalidInput as refused:
            where = "dimension" if refused.field == "group_by" else refused.field
            raise InvalidInput(refused.code, where, refused.message) from refused

    def question(self, name: str) -> UsageQuery:
        """How many events each value of a dimension has."""
        start = self.start
        if start.tzinfo is not None:
            start = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return UsageQuery(
            self.tenant,
            start,
            self.end,
            metrics=("events",),
            group_by=(name,),
            order=Order("events"),
            limit=VALUES_MAX,
            caps=replace(self.caps, groups_max=VALUES_MAX, points_max=VALUES_MAX),
        )


@dataclass(frozen=True, slots=True)
class DimensionValue:
    """A value and how many events have it. Missing is the empty string."""

    value: str
    events: int


@dataclass(frozen=True, slots=True)
class DimensionValues:
    """The values of one dimension, the most frequent first."""

    name: str
    values: tuple[DimensionValue, ...]
    matching: int
    """How many begin as asked; more than are shown, where the limit cut them."""
    complete: bool
    """False where the dimension has more values than are told apart: a rare one may be missing."""


@dataclass(frozen=True, slots=True)
class DimensionsAnswer:
    """Every dimension that was asked for, each from one snapshot."""

    query: DimensionQuery
    start: datetime
    dimensions: tuple[DimensionValues, ...]
    fresh_until: datetime
    """Of the oldest of the snapshots."""
    levels: tuple[LevelRead, ...]
