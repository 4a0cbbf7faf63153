"""Sums and sketches that belong together, and how they are put together. What they mean is in `values.py`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measures:
    """Sums and sketches that belong together: of a row, a group or a whole answer."""

    sums: Mapping[str, int]
    sketches: Mapping[str, bytes]


def merged(parts: Iterable[Measures]) -> Measures:
    """All parts together: sums add up, sketches concatenate. What a part lacks is nothing."""
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
