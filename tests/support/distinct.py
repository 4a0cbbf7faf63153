"""End-users counted one by one from the raw events, beside what a snapshot says of them.

In: an open transaction, its marks, and an answer by groups. Out: two `UserCounts`, which must be equal whatever was
flushed, came late or was closed before.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from analytics_hub.domain.distinct import Group, UserCounts
from analytics_hub.domain.metrics import DISTINCT_USERS
from analytics_hub.domain.plan import Marks
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.answering import Answered
from analytics_hub.query.build import build
from analytics_hub.query.distinct import with_users
from analytics_hub.storage.usage_store import PostgresSnapshot

_RAW_DAYS_MAX = 60  # whatever is compared
_SEEN = """
    SELECT DISTINCT {bucket}, e.user_id{groups}
    FROM hub_read.usage_events e JOIN hub_read.series s USING (tenant_id, series_id)
    WHERE e.tenant_id = %(tenant)s AND e.ts >= %(start)s AND e.ts < %(end)s AND e.user_id <> ''
"""


async def both_counts(
    cursor: psycopg.AsyncCursor[Any], marks: Marks, answered: Answered, *, bucket: str
) -> tuple[UserCounts, UserCounts]:
    """(what the planner says, what the events say) of the groups of this answer; `bucket` is that of an event."""
    query = answered.planned.query
    groups = answered.groups if query.group_by else ((),)
    bounded = replace(
        query, metrics=(DISTINCT_USERS,), order=None, caps=replace(query.caps, raw_days_max=_RAW_DAYS_MAX)
    )
    snapshot = PostgresSnapshot(cursor, query.tenant, build)
    answered = replace(answered, planned=replace(answered.planned, query=bounded))
    found = (await with_users(snapshot, marks, answered, spans_max=500)).users
    assert found
    text = _SEEN.format(bucket=bucket, groups="".join(f", s.{name}" for name in query.group_by))
    args = {"tenant": int(query.tenant), "start": query.start, "end": query.end, "tz": query.tz}
    await cursor.execute(text.encode(), args)
    seen = [(row[0], row[1], tuple(row[2:])) for row in await cursor.fetchall()]
    return found, counted(query, groups, seen)


def counted(
    query: UsageQuery, groups: tuple[Group, ...], seen: list[tuple[datetime | None, str, Group]]
) -> UserCounts:
    """Sets of users, made in the plainest way."""
    totals = defaultdict[Group | None, set[str]](set)
    points = defaultdict[tuple[Group | None, datetime], set[str]](set)
    for bucket, user, named in seen:
        group = named if named in groups else None
        totals[group].add(user)
        if query.interval is not Interval.NONE and bucket is not None:
            points[group, bucket.astimezone(UTC)].add(user)
    return UserCounts(
        len({user for _, user, _ in seen}),
        {group: len(users) for group, users in totals.items()},
        {key: len(users) for key, users in points.items()},
    )
