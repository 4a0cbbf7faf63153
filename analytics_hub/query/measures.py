"""Sums and sketches that belong together, and how they are put together. What they mean is in `values.py`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analytics_hub.domain.plan import GroupRows


@dataclass(frozen=True, slots=True)
class Measures:
    """Sums and sketches that belong together: of a row, a group or a whole answer."""

    sums: Mapping[str, int]
    sketches: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Columns:
    """The measures of so many rows, by column."""

    count: int
    sums: Mapping[str, Sequence[int]]
    sketches: Mapping[str, Sequence[bytes]]

    @classmethod
    def of(cls, rows: GroupRows) -> "Columns":
        return cls(len(rows.buckets), rows.sums, rows.sketches)

    def total(self) -> Measures:
        """All rows together: sums add up, sketches concatenate."""
        return Measures(
            {column: sum(amounts) for column, amounts in self.sums.items()},
            {column: b"".join(sketches) for column, sketches in self.sketches.items()},
        )


def merged(parts: Iterable[Measures]) -> Measures:
    """All parts together. What a part lacks is nothing."""
    whole = list(parts)
    sums = [part.sums for part in whole]
    sketches = [part.sketches for part in whole if part.sketches]
    return Measures(
        {column: sum(one.get(column, 0) for one in sums) for column in _columns(sums)},
        {column: b"".join(one.get(column, b"") for one in sketches) for column in _columns(sketches)},
    )


def _columns(parts: Sequence[Mapping[str, object]]) -> dict[str, None]:
    """All columns in order. Nearly always every part has the same, so that looking at one is enough."""
    found: dict[str, None] = dict.fromkeys(parts[0]) if parts else {}
    for part in parts:
        if part.keys() != found.keys():
            found |= dict.fromkeys(part)
    return found
