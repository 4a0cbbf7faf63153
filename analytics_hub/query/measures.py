"""Sums and sketches that belong together, and how they are put together. What they mean is in `values.py`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measures:
    """Sums and sketches that belong together: of a row, a group or a whole answer."""

    sums: Mapping[str, int]
    sketches: Mapping[str, bytes]


def merged(parts: Iterable[Measures]) -> Measures:
    """All parts together: sums add up, sketches concatenate."""
    sums: dict[str, int] = {}
    sketches: dict[str, list[bytes]] = {}
    for part in parts:
        for column, value in part.sums.items():
            sums[column] = sums.get(column, 0) + value
        for column, sketch in part.sketches.items():
            sketches.setdefault(column, []).append(sketch)
    return Measures(sums, {column: b"".join(pieces) for column, pieces in sketches.items()})
