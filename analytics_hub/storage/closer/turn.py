"""One transaction of one tenant.

    1. begin, with a lock that retention waits for: no minutes go away under our hands
    2. the tenant's advisory lock, tried, not waited for: another closer is at work, or none
    3. marks of hours that are over, the oldest first, a bounded number. Stretch by stretch their marks are deleted and
       the hours are closed, those of users too, until the time is up. The snapshot was taken in step 2, perhaps before
       another closer committed: then the deletion meets rows that are gone, the server says 40001, and the transaction
       starts again
    4. each day they belong to: anew from its hours when it is over and complete and the time is not up, else marked

In: the tenant, what is due, the bounds. Out: a `Turn`, or None when another closer has the tenant.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.advisory import LockClass
from analytics_hub.storage.closer.days import close_day
from analytics_hub.storage.closer.facets import FacetRule, facet_rule
from analytics_hub.storage.closer.hours import close_hours
from analytics_hub.storage.closer.late_days import add_to_day
from analytics_hub.storage.closer.limits import CloserLimits
from analytics_hub.storage.closer.report import Turn
from analytics_hub.storage.closer.stretch import Dropped, Kind, Stretch, stretches
from analytics_hub.storage.closer.user_hours import close_user_hours, forget_old_hours, hours_kept_from
from analytics_hub.storage.closer.users import close_users
from analytics_hub.storage.statements import statements

_SQL = statements("closer")


@dataclass(frozen=True, slots=True)
class Due:
    """The last hour and the last day that are over."""

    last_hour: datetime
    last_day: datetime

    def args(self) -> dict[str, datetime]:
        return {"last_hour": self.last_hour, "last_day": self.last_day}


def take_turn(
    conn: psycopg.Connection[Any],
    tenant_id: TenantId,
    due: Due,
    limits: CloserLimits,
    clock: Clock,
) -> Turn | None:
    args = {"tenant_id": tenant_id, **due.args()}
    locked = conn.execute(_SQL["lock_tenant"], {"lock_class": LockClass.CLOSER, **args}).fetchone()
    if locked != (True,):
        return None
    ((minutes, events, hours),) = conn.execute(_SQL["dropped"]).fetchall()
    return _Transaction(conn, args, limits, Dropped(minutes, events, hours), clock).run()


@dataclass
class _Transaction:
    conn: psycopg.Connection[Any]
    args: dict[str, Any]
    limits: CloserLimits
    dropped: Dropped
    clock: Clock
    hours: int = 0
    days: int = 0
    touched: set[datetime] = field(default_factory=set)

    def run(self) -> Turn:
        until = self.clock.monotonic_s() + self.limits.transaction_s_max
        marked = [
            hour
            for (hour,) in self.conn.execute(
                _SQL["due_hours"], {"hours_max": self.limits.hours_max, **self.args}
            )
        ]
        if marked:
            self._close_hours(marked, until)
        is_day_left = self._close_days(until)
        is_hour_left = self.hours < len(marked) or len(marked) == self.limits.hours_max
        return Turn(self.hours, self.days, more=is_hour_left or is_day_left)

    def _close_hours(self, marked: list[datetime], until: float) -> None:
        rule = facet_rule(self.conn, self.args, self.limits)
        kept_from = hours_kept_from(
            self.args["last_hour"], self.limits.user_hours_days, self.dropped.events_before
        )
        forget_old_hours(self.conn, self.args, kept_from)
        for stretch in stretches(marked, self.dropped, self._hours_per_stream(rule)):
            if self.hours and self.clock.monotonic_s() >= until:
                return
            self.conn.execute(_SQL["delete_marks"], {"hours": list(stretch.hours), **self.args})
            self._close_stretch(stretch, rule)
            if stretch.kind is not Kind.DROPPED:
                close_user_hours(self.conn, self.args, stretch.start, stretch.stop, kept_from)
            self.hours += len(stretch.hours)
            self.touched |= {hour.replace(hour=0) for hour in stretch.hours}

    def _close_stretch(self, stretch: Stretch, rule: FacetRule) -> None:
        bytes_max = self.limits.copy_bytes_max
        if stretch.kind is Kind.DROPPED:
            add_to_day(self.conn, self.args, stretch.day, bytes_max)
        else:
            bounds = {"start": stretch.start, "stop": stretch.stop, **self.args}
            close_hours(self.conn, bounds, rule, bytes_max, late=stretch.kind is Kind.LATE)

    def _hours_per_stream(self, rule: FacetRule) -> int:
        return max(1, self.limits.copy_rows_max // max(1, rule.series))

    def _close_days(self, until: float) -> bool:
        """Closes what is ready and marks the rest; whether a day that is ready is left."""
        found = self.conn.execute(
            _SQL["touched_days"],
            {"days": sorted(self.touched), "days_max": self.limits.days_max, **self.args},
        ).fetchall()
        is_left = len(found) >= self.limits.days_max
        for day, is_ready in found:
            is_whole = day < self.dropped.hours_before  # its hours went straight into it
            if not is_whole and (not is_ready or (self.days and self.clock.monotonic_s() >= until)):
                self.conn.execute(_SQL["mark_day"], {"day": day, **self.args})
                is_left = is_left or is_ready
                continue
            self.conn.execute(_SQL["unmark_day"], {"day": day, **self.args})
            if not is_whole:
                close_day(self.conn, self.args, day, self.limits.copy_bytes_max)
            close_users(self.conn, self.args, day, are_dropped=day < self.dropped.events_before)
            self.days += 1
        return is_left and self.days > 0
