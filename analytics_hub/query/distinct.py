"""Counting end-users beside the sums of an answer: what is read for it, and where the counts go.

In: an open snapshot, its marks, and an answer by groups. Out: the same answer with the column `distinct_users`, where
that was asked. The users are those of `GET /v1/users`: days of users where they may be believed, raw events elsewhere,
within the same bounds.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace

from analytics_hub.domain.distinct import DistinctPlan, UserCounts
from analytics_hub.domain.errors import InvalidInput, TooMuch
from analytics_hub.domain.metrics import DISTINCT_USERS, METRICS
from analytics_hub.domain.plan import GroupRows, Marks
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.domain.user_usage import BucketRows, UserPlan, UserQuery
from analytics_hub.query.answering import Answered
from analytics_hub.query.ports import UsageSnapshot
from analytics_hub.query.user_hours import hours_span
from analytics_hub.query.user_plan import plan_users
from analytics_hub.query.user_runs import known_span


def check_distinct(query: UsageQuery) -> None:
    """Raises, before anything is read, for users that could never be counted."""
    if _is_asked(query):
        _users_of(query)


async def with_users(
    snapshot: UsageSnapshot, marks: Marks, answered: Answered, *, spans_max: int
) -> Answered:
    """The users of the groups of this answer, of its `other`, and of the whole."""
    query = answered.planned.query
    if not _is_asked(query):
        return answered
    groups = answered.groups if query.group_by else ((),)
    users = _users_of(query)
    # Of days over time runs know nothing.
    days = await snapshot.day_rows(known_span(users)) if users.has_days and not _has_points(query) else ()
    hours = await snapshot.hour_rows(hours_span(users)) if users.has_hours else ()
    planned = await asyncio.to_thread(plan_distinct, query, groups, marks, days, hours, spans_max=spans_max)
    counts = await snapshot.distinct_users(planned)
    rows = [_overlaid(one, counts) for one in answered.rows]
    return replace(answered, rows=rows, users=counts, user_reads=planned.reads)


def plan_distinct(
    query: UsageQuery,
    groups: tuple[tuple[str, ...], ...],
    marks: Marks,
    days: Sequence[BucketRows] = (),
    hours: Sequence[BucketRows] = (),
    *,
    spans_max: int,
) -> DistinctPlan:
    """Decide what to read. Raises as `plan_users` does."""
    users = _users_of(query)
    with _refused_as_users():
        planned = plan_users(users, marks, days, hours, spans_max=spans_max)
    values = {field.name: getattr(planned, field.name) for field in fields(UserPlan)}
    return DistinctPlan(**values | {"groups": groups, "columns": ("events",)})


def _has_points(query: UsageQuery) -> bool:
    return query.interval is not Interval.NONE


def _is_asked(query: UsageQuery) -> bool:
    return any(METRICS[name].distinct for name in query.metrics)


def _users_of(query: UsageQuery) -> UserQuery:
    """The question about users that has the same events and buckets."""
    usage = replace(query, metrics=("events",), order=None, limit=None, compare=False)
    with _refused_as_users():
        return UserQuery(usage, raw_days_max=query.caps.raw_days_max)


@contextmanager
def _refused_as_users() -> Iterator[None]:
    """Whoever did not ask about users otherwise must learn which metric it is that is too much."""
    try:
        yield
    except InvalidInput as refused:
        raise InvalidInput(refused.code, refused.field, f"{DISTINCT_USERS}: {refused.message}") from refused
    except TooMuch as refused:
        raise TooMuch(refused.code, f"{DISTINCT_USERS}: {refused.message}", field=refused.field) from refused


def _overlaid(rows: GroupRows, counts: UserCounts) -> GroupRows:
    group = None if rows.other else rows.group
    column = [counts.of(group, bucket) for bucket in rows.buckets]
    return replace(rows, sums={**rows.sums, DISTINCT_USERS: column})
