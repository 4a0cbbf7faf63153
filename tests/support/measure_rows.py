"""Rows of usage one by one, for comparing: the product keeps them by column.

In: `GroupRows`. Out: a `MeasureRow` for each bucket of each group, in the same order.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from analytics_hub.domain.plan import GroupRows


class MeasureRow(NamedTuple):
    """One output bucket of one group."""

    bucket: datetime | None
    group: tuple[str, ...]
    other: bool
    sums: Mapping[str, int]
    sketches: Mapping[str, bytes]


def measure_rows(groups: Iterable[GroupRows]) -> Iterator[MeasureRow]:
    for one in groups:
        for at, bucket in enumerate(one.buckets):
            sums = {name: column[at] for name, column in one.sums.items()}
            sketches = {name: column[at] for name, column in one.sketches.items()}
            yield MeasureRow(bucket, one.group, one.other, sums, sketches)
