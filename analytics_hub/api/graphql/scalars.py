"""The scalars of the schema. They carry exactly what JSON carries in REST, and go out only.

In: values of the shapes on the wire. Out: the same. What comes in is text, because a question's moments are spelled as
in REST (`-24h`, a date) and judged by the same code.
"""

from collections.abc import Mapping
from typing import Final, NewType

import orjson
import strawberry
from strawberry.types.scalar import ScalarDefinition

Usd = NewType("Usd", str)
Count = NewType("Count", int)
DateTime = NewType("DateTime", str)
Estimate = NewType("Estimate", str)


def _moment(value: object) -> str:
    """As REST spells it: bucket starts are text already, with the offset of the question's zone."""
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()[1:-1]


def _same(value: object) -> object:
    return value


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    Usd: strawberry.scalar(
        name="Usd", serialize=_same, description="Money in USD: an exact decimal, as a string."
    ),
    Estimate: strawberry.scalar(
        name="Estimate",
        serialize=_same,
        description="What a model expects, as values of its metric are spelled: money is a decimal string of six "
        "places, anything else a JSON number.",
    ),
    Count: strawberry.scalar(
        name="Count",
        serialize=_same,
        description="A whole number of up to 64 bits, as a JSON number: `Int` has 32 bits only. Read it as an integer; "
        "JavaScript's numbers are exact to 2^53.",
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        serialize=_moment,
        description="A moment, RFC 3339. In UTC, except for the edges and buckets of a question, which carry the "
        "offset of its zone.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    ),
}
