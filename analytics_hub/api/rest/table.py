"""The one tabular form of an answer, from which CSV, NDJSON and Parquet are all made.

In: what a route knows: columns with kinds, and rows. Out: a `Table`. Its values are those of the JSON body; what each
kind becomes in a format is in `formats_text.py` and `formats_parquet.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Cell = int | float | str | bool | datetime | None
Fact = int | float | str | bool | datetime | None | Mapping[str, "Fact"] | Sequence["Fact"]


class Kind(StrEnum):
    """What the values of a column are. Any of them may be None."""

    TEXT = "text"
    COUNT = "count"
    """An integer of 64 bits."""
    NUMBER = "number"
    """A binary float: a ratio, milliseconds."""
    MONEY = "money"
    """USD as an exact decimal string."""
    FLAG = "flag"
    TIME = "time"
    """A moment with its offset."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `tz` names the zone that the moments of a TIME column are shown in."""

    name: str
    kind: Kind
    tz: str = "UTC"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the columns, in order, and what is true of the whole answer: coverage, freshness, what was read."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    facts: Mapping[str, Fact] = field(default_factory=dict)
