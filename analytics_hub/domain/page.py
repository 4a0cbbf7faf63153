"""Pages of lists whose rows are ordered by a moment: newest first, and where a page ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True, order=True)
class RowPlace:
    """Where a row stands: its moment, and among equals its number (a UUID's is its 128 bits)."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    """Some rows, and the place of the last one when there may be more."""

    rows: Sequence[_Row]
    next: RowPlace | None = None


def page_of(rows: Sequence[_Row], size: int, place: Callable[[_Row], RowPlace]) -> Page[_Row]:
    """A page of rows of which one more than its size was asked for: whether there are more."""
    shown = rows[:size]
    return Page(shown, place(shown[-1]) if len(rows) > size else None)
