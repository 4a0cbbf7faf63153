"""Arguments that several root fields share, and what they mean. Their names are those of REST in camel case.

In: arguments. Out: what the constructors of questions take; those judge it, so that a refusal has the code and the
field that it has in REST.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Annotated

import strawberry

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.usage import COMPARE_PREVIOUS
from analytics_hub.domain.usage import Filter as DimensionFilter
from analytics_hub.domain.usage import Interval as Width


@strawberry.enum(description="Width of the buckets; `NONE` is the whole range.")
class Interval(Enum):
    MINUTE = Width.MINUTE.value
    MINUTES_5 = Width.MINUTES_5.value
    MINUTES_15 = Width.MINUTES_15.value
    HOUR = Width.HOUR.value
    DAY = Width.DAY.value
    WEEK = Width.WEEK.value
    MONTH = Width.MONTH.value
    NONE = Width.NONE.value


@strawberry.enum(description="What else is asked, to compare with.")
class Comparison(Enum):
    PREVIOUS = COMPARE_PREVIOUS


@strawberry.input(name="FilterInput", description="Only events with one of these values.")
class GivenFilter:
    dimension: str = strawberry.field(description="A dimension, or tag.<key>.")
    values: list[str] = strawberry.field(description="Missing is the empty string.")


From = Annotated[
    str,
    strawberry.argument(name="from", description="`now`, `-24h`, a date, or RFC 3339; whole minutes."),
]
To = Annotated[str, strawberry.argument(description="Excluded end, spelled as `from`.")]
Zone = Annotated[str, strawberry.argument(description="IANA zone of buckets and plain dates.")]
Buckets = Annotated[Interval, strawberry.argument(description="Width of the buckets.")]
GroupBy = Annotated[list[str], strawberry.argument(description="Dimensions, or tag.<key>.")]
Filters = Annotated[list[GivenFilter], strawberry.argument(description="All of them must hold.")]
Top = Annotated[int | None, strawberry.argument(description="Groups told apart; the rest are one, `other`.")]
First = Annotated[int | None, strawberry.argument(description="Most of one page.")]
After = Annotated[str | None, strawberry.argument(description="`endCursor` of the page before.")]


def filters_of(given: Sequence[GivenFilter]) -> dict[str, Sequence[str]]:
    """By dimension, for the constructors that take them so."""
    found = {one.dimension: one.values for one in given}
    if len(found) != len(given):
        raise InvalidInput("named_twice", "filter", "A dimension is named twice.")
    return dict(found)


def dimension_filters(given: Sequence[GivenFilter]) -> tuple[DimensionFilter, ...]:
    return tuple(DimensionFilter(one.dimension, tuple(one.values)) for one in given)


@contextmanager
def page_named() -> Iterator[None]:
    """A page is `first` and `after` here, which Relay's clients know; a refusal names what was given."""
    names = {"limit": "first", "cursor": "after"}
    try:
        yield
    except InvalidInput as refused:
        if refused.field in names:
            raise InvalidInput(refused.code, names[refused.field], refused.message) from refused
        raise
