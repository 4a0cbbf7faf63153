"""From rows to the series of an answer: group by group, empty buckets filled, the period before beside it. Pure.

In: a plan with its rows, and perhaps that of the period before, for the same groups. Out: `Series` and totals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_hub.domain.answer import Coverage, Points, PreviousSeries, Series
from analytics_hub.domain.distinct import UserCounts
from analytics_hub.domain.metrics import DISTINCT_USERS
from analytics_hub.domain.plan import GroupRows, Plan, Read
from analytics_hub.domain.usage import Interval
from analytics_hub.query.measures import Columns, Measures, merged
from analytics_hub.query.values import value_columns, values

_Key = tuple[bool, tuple[str, ...]]
"""Whether it is `other`, and the group."""

NOTHING = Measures({}, {})
_NO_ROWS = GroupRows((), other=False, buckets=(), sums={}, sketches={})


@dataclass(frozen=True)
class Answered:
    """A plan and what it gave: group by group, `other` last, buckets ascending."""

    planned: Plan
    rows: Sequence[GroupRows]
    whole: Sequence[GroupRows] | None = None
    """The rows of everything, where those of the groups do not say all that is said of the whole."""
    users: UserCounts | None = None
    """The end-users, where they were counted."""
    user_reads: tuple[Read, ...] = ()

    @property
    def reads(self) -> tuple[Read, ...]:
        """All that was read."""
        return (*self.planned.reads, *self.user_reads)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups that are told apart, in order."""
        return tuple(rows.group for rows in self.rows if not rows.other)

    def by_group(self) -> dict[_Key, GroupRows]:
        return {(rows.other, rows.group): rows for rows in self.rows}

    def total(self) -> Measures:
        """That of all groups, `other` included."""
        rows = self.rows if self.whole is None else self.whole
        found = merged(Columns.of(one).total() for one in rows)
        return _with_users(found, self.users.whole) if self.users else found

    def total_of(self, rows: GroupRows) -> Measures:
        """That of one group in the whole range."""
        found = Columns.of(rows).total()
        group = None if rows.other else rows.group
        return _with_users(found, self.users.of(group, None)) if self.users else found


def _with_users(found: Measures, users: int) -> Measures:
    """The users of many rows are not the sum of their users."""
    return Measures({**found.sums, DISTINCT_USERS: users}, found.sketches)


def series_of(now: Answered, before: Answered | None) -> tuple[Series, ...]:
    """The series of the answer. With a comparison each has its own past, also `other` where only the past has one."""
    current = now.by_group()
    past = before.by_group() if before else {}
    query = now.planned.query
    wanted: list[_Key] = [] if query.group_by else [(False, ())]
    wanted += [key for key in (*current, *past) if key[0] or key in current]  # no past of a group not shown
    series = []
    for key in dict.fromkeys(wanted):
        other, group = key
        rows = current.get(key, _NO_ROWS)
        series.append(
            Series(
                group={} if other else dict(zip(query.group_by, group, strict=True)),
                other=other,
                total=values(query.metrics, now.total_of(rows)),
                points=_points(now.planned, rows),
                previous=_previous(before, past.get(key, _NO_ROWS)) if before else None,
            )
        )
    return tuple(series)


def coverage_of(total: Measures) -> Coverage:
    sums = total.sums
    return Coverage(
        events=sums.get("events", 0),
        unpriced_events=sums.get("unpriced_events", 0),
        partial_events=sums.get("partial_events", 0),
        estimated_events=sums.get("estimated_events", 0),
        tokens=sums.get("total_tokens", 0),
        unpriced_tokens=sums.get("unpriced_tokens", 0),
    )


def _previous(before: Answered, rows: GroupRows) -> PreviousSeries:
    planned = before.planned
    return PreviousSeries(values(planned.query.metrics, before.total_of(rows)), _points(planned, rows))


def _points(planned: Plan, rows: GroupRows) -> Points:
    query = planned.query
    if query.interval is Interval.NONE:
        return Points()
    starts = [bucket for bucket in rows.buckets if bucket is not None]
    found = Points(starts, value_columns(query.metrics, Columns.of(rows)))
    return _filled(planned, found) if query.fill else found


def _filled(planned: Plan, found: Points) -> Points:
    """A point for every bucket."""
    places = {start: place for place, start in enumerate(found.starts)}
    taken = [places.get(edge, -1) for edge in planned.edges]
    empty = values(planned.query.metrics, NOTHING)
    columns = {}
    for name, column in found.columns.items():
        known = [*column, empty[name]]  # where there is no place: the last
        columns[name] = [known[place] for place in taken]
    return Points(planned.edges, columns)
