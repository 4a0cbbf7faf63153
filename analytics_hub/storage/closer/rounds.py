"""Who is closed next: in each round every due tenant gets one bounded transaction.

In: the time, and one tenant or all. Out: a `ClosedReport`. A tenant with months to close comes once a round as
everybody else does, and who is due is read anew for each round: a tenant that becomes due meanwhile waits for one
transaction of each tenant before it, never for the end of somebody's history. What cannot be closed is left and told;
the others go on.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from analytics_hub.domain.clock import Clock, SystemClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer.limits import CloserLimits
from analytics_hub.storage.closer.report import ClosedReport, Turn, Unwatched, Watch
from analytics_hub.storage.closer.turn import Due, take_turn
from analytics_hub.storage.connections import BEGIN_SNAPSHOT
from analytics_hub.storage.statements import statements
from rust_core import SketchError

_SQL = statements("closer")
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_CONFLICTS = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    # Another closer wrote the same rows first, or retention is at work.
    psycopg.errors.UniqueViolation,
    psycopg.errors.LockNotAvailable,
)


def close_due(
    conn: psycopg.Connection[Any],
    now: datetime | Clock,
    tenant_id: TenantId | None = None,
    limits: CloserLimits | None = None,
    *,
    watch: Watch | None = None,
) -> ClosedReport:
    """Closes what is over, of one tenant or of all: at `now`, or at the beginning of each round by this clock. What
    fails for a tenant asked for is raised."""
    clock = _Standing(now) if isinstance(now, datetime) else now
    call = _Call(conn, clock, tenant_id, limits or CloserLimits(), watch or Unwatched())
    while call.round():
        pass
    if call.report.hours >= call.limits.statistics_hours:
        conn.execute(_SQL["refresh_statistics"])
    return call.report


def due_at(now: datetime) -> Due:
    """The last hour and the last day that are over."""
    utc = now.astimezone(UTC)
    this_hour = utc.replace(minute=0, second=0, microsecond=0)
    return Due(last_hour=this_hour - _HOUR, last_day=this_hour.replace(hour=0) - _DAY)


class _Standing(SystemClock):
    """Its time of day stands still."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


@dataclass
class _Call:
    """One call of `close_due`."""

    conn: psycopg.Connection[Any]
    clock: Clock
    only: TenantId | None
    limits: CloserLimits
    watch: Watch
    left: set[TenantId] = field(default_factory=set)  # to another closer, or because they failed
    report: ClosedReport = field(default_factory=ClosedReport)

    def round(self) -> bool:
        """One transaction for each due tenant; whether another round is needed."""
        due = due_at(self.clock.now())
        tenants = self._due_tenants(due)
        more = False
        for tenant in tenants:
            if self.report.transactions >= self.limits.transactions_max:
                self.report = replace(self.report, complete=False)
                return False
            turn = self._turn(tenant, due)
            if turn is None:
                self.left.add(tenant)
                self.report = replace(self.report, complete=False)
                continue
            more = more or turn.more
        return more

    def _due_tenants(self, due: Due) -> list[TenantId]:
        found = self.conn.execute(_SQL["due_tenants"], {"only": self.only, **due.args()}).fetchall()
        self.watch.round_began(sum(hours for _, hours in found))
        return [TenantId(tenant) for tenant, _ in found if tenant not in self.left]

    def _turn(self, tenant: TenantId, due: Due) -> Turn | None:
        """None when there is no use in asking for this tenant again."""
        began = self.clock.monotonic_s()
        try:
            turn, conflicts = self._turn_with_retries(tenant, due)
        except (SketchError, TryLater, psycopg.Error) as error:
            if self.only is not None or self.conn.closed:
                raise
            self.report = replace(self.report, failed=(*self.report.failed, (tenant, str(error))))
            return None
        done = self.report
        done = replace(done, transactions=done.transactions + 1, conflicts=done.conflicts + conflicts)
        if turn is None:
            self.report = replace(done, busy=(*done.busy, tenant))
            return None
        self.report = replace(done, hours=done.hours + turn.hours, days=done.days + turn.days)
        self.watch.turn_ended(turn, self.clock.monotonic_s() - began, conflicts)
        return turn

    def _turn_with_retries(self, tenant: TenantId, due: Due) -> tuple[Turn | None, int]:
        conn = self.conn
        for conflicts in range(self.limits.retries_max + 1):
            try:
                conn.execute(BEGIN_SNAPSHOT)
                turn = take_turn(conn, tenant, due, self.limits, self.clock)
                conn.execute("COMMIT")
            except _CONFLICTS:
                conn.execute("ROLLBACK")
            except BaseException:
                if not conn.closed:
                    conn.execute("ROLLBACK")
                raise
            else:
                return turn, conflicts
        times = self.limits.retries_max + 1
        raise TryLater(
            "closer_conflict", f"closing hours of tenant {tenant} met another closer {times} times"
        )
