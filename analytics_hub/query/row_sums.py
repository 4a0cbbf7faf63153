"""Sums of rows that were read apart: parts of one range put together, groups taken from everything. Pure.

In: `GroupRows` of one snapshot. Out: `GroupRows`. Integers only: a sketch cannot be taken from another.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import add, sub

from analytics_hub.domain.plan import GroupRows, Plan
from analytics_hub.query.measures import Columns, merged

_Group = tuple[str, ...]
_Key = tuple[_Group, datetime]


def added(planned: Plan, rows: Sequence[GroupRows], minutes: Sequence[GroupRows]) -> list[GroupRows]:
    """What a plan says when its minutes were read apart: of its groups, in their order, or else of every group.

    The minutes are those of every group in the buckets of a question by time; few, where the rows are many.
    """
    more = _as_planned(planned, minutes)
    found = {one.group: one for one in rows}
    wanted = dict.fromkeys((*found, *more)) if planned.groups is None else planned.groups
    return [
        _both(planned, found.get(group), more.get(group))
        for group in wanted
        if group in found or group in more
    ]


def _as_planned(planned: Plan, minutes: Sequence[GroupRows]) -> dict[_Group, GroupRows]:
    """The minutes in the groups and buckets of the plan, and its columns of them."""
    wanted = None if planned.groups is None else frozenset(planned.groups)
    taken: dict[_Group, list[GroupRows]] = {}
    for one in minutes:
        group = one.group if planned.query.group_by else ()
        if wanted is None or group in wanted:
            taken.setdefault(group, []).append(one)
    return {group: _merged(planned, group, parts) for group, parts in taken.items()}


def _merged(planned: Plan, group: _Group, parts: Sequence[GroupRows]) -> GroupRows:
    if not planned.edges:
        sums = merged(Columns.of(one).total() for one in parts).sums
        return _rows(group, [None], {column: [sums[column]] for column in planned.columns})
    buckets = sorted({bucket for one in parts for bucket in one.buckets if bucket is not None})
    left = {column: [0] * len(buckets) for column in planned.columns}
    _move(left, buckets, parts, add)
    return _rows(group, buckets, left)


def _both(planned: Plan, rows: GroupRows | None, more: GroupRows | None) -> GroupRows:
    """The few of the minutes put in where they belong among the many."""
    if rows is None or more is None:
        one = rows or more
        assert one is not None  # asked for only where there is one
        return one
    buckets = list(rows.buckets)
    sums = {column: list(rows.sums[column]) for column in planned.columns}
    for at, bucket in enumerate(more.buckets):
        place = 0 if bucket is None else bisect_left(buckets, bucket, key=_moment)
        if place == len(buckets) or buckets[place] != bucket:
            buckets.insert(place, bucket)
            for amounts in sums.values():
                amounts.insert(place, 0)
        for column, amounts in sums.items():
            amounts[place] += more.sums[column][at]
    return _rows(rows.group, buckets, sums)


def others(planned: Plan, shown: Sequence[GroupRows], total: Sequence[GroupRows]) -> list[GroupRows]:
    """What everything has more than the groups shown, bucket by bucket; where that is nothing at all, no row."""
    buckets = sorted({bucket for rows in (*shown, *total) for bucket in rows.buckets if bucket is not None})
    left = {column: [0] * len(buckets) for column in planned.columns}
    _move(left, buckets, total, add)
    _move(left, buckets, shown, sub)
    kept = [place for place, amounts in enumerate(zip(*left.values(), strict=True)) if any(amounts)]
    if not kept:
        return []
    group = ("",) * len(planned.query.group_by)
    sums = {column: [amounts[place] for place in kept] for column, amounts in left.items()}
    return [GroupRows(group, other=True, buckets=[buckets[place] for place in kept], sums=sums, sketches={})]


def _move(
    sums: dict[str, list[int]],
    buckets: list[datetime],
    parts: Iterable[GroupRows],
    move: Callable[[int, int], int],
) -> None:
    """Add the rows of the parts to the sums of the buckets, or take them away."""
    places = {bucket: place for place, bucket in enumerate(buckets)}
    for rows in parts:
        if rows.buckets == buckets:  # nearly always: the loop is then the interpreter's own
            sums.update({name: list(map(move, sums[name], rows.sums[name])) for name in sums})
            continue
        taken = [places[bucket] for bucket in rows.buckets if bucket is not None]
        for column, amounts in sums.items():
            for place, amount in zip(taken, rows.sums[column], strict=True):
                amounts[place] = move(amounts[place], amount)


def _rows(group: _Group, buckets: Sequence[datetime | None], sums: dict[str, list[int]]) -> GroupRows:
    return GroupRows(group, other=False, buckets=buckets, sums=sums, sketches={})


def _moment(bucket: datetime | None) -> datetime:
    assert bucket is not None  # no interval has one bucket, which is never searched for
    return bucket
