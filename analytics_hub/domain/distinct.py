"""How many different end-users there were: what is read for it, and what is said of it. Values only.

A set has no sum: a user of Monday and of Tuesday is one user of both. So each point, each group, the rest and the whole
are counted on their own. `analytics_hub/query/distinct.py` plans, the stores count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics_hub.domain.user_usage import UserPlan

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DistinctPlan(UserPlan):
    """A plan that counts the users of each of its `groups`, of all other groups together, and of everything. Where
    nothing is grouped there is one group, the empty one."""


@dataclass(frozen=True, slots=True)
class UserCounts:
    """Different named end-users. The group None is every group that is not told apart."""

    whole: int
    totals: Mapping[Group | None, int]
    points: Mapping[tuple[Group | None, datetime], int]

    def of(self, group: Group | None, bucket: datetime | None) -> int:
        """Of a group in one output bucket, or in the whole range."""
        return self.totals.get(group, 0) if bucket is None else self.points.get((group, bucket), 0)
