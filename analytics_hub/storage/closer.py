"""Closing hours: turns the minute deltas of hours that are over into one coarse row a series, and hours into days.

In: a connection of hub_maint in autocommit mode and the time. Out: a `ClosedReport`. What it keeps true, in every
snapshot: an hour without a mark equals the sum of its visible deltas; a day with neither hour marks nor a day mark
equals the sum of its hours. It may run anywhere, in any number, and die at any point: every step of a tenant is one
transaction, and answers are exact without it (slower). The statements are `sql/closer.sql`; readers of the result plan
in `analytics_hub/query`.

One transaction of one tenant:
    1. the tenant's advisory lock, tried, not waited for: another closer is at work, or none
    2. marks of hours that are over, the oldest first, a bounded number of hours; and their deletion. The snapshot was
       taken in step 1, perhaps before another closer committed: then the deletion meets rows that are gone, the server
       says 40001, and the transaction starts again
    3. those hours anew from their minutes; hours whose minutes were dropped already get what came late added instead
    4. each day they belong to: anew from its hours when it is over and complete, else marked
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.advisory import LockClass
from analytics_hub.storage.statements import statements
from rust_core import compact_copy

_SQL = statements("closer")
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
SKETCH_COLUMNS = (29, 30)  # latency_sketch and ttft_sketch in the rows of insert_hours and insert_day
_HOURS_UNTIL_STATISTICS = 24  # fewer than a day's worth changes no plan
_HOURS_PER_COPY = 6  # 10,000 series x 6 h x about 600 B: what one stream holds in memory


@dataclass(frozen=True, slots=True)
class CloserLimits:
    """Bounds of one call."""

    hours_max: int = 48  # hours closed in one transaction
    days_max: int = 31  # old day marks looked at in one transaction
    retries_max: int = 5  # times a transaction is tried again after a conflict
    transactions_max: int = 100_000  # all tenants together


@dataclass(frozen=True, slots=True)
class ClosedReport:
    """What one call did. `busy`: tenants left to another closer. `complete`: nothing that was due is left."""

    hours: int = 0
    days: int = 0
    transactions: int = 0
    conflicts: int = 0
    busy: tuple[TenantId, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Span:
    """Adjacent hours that are closed in one stream."""

    start: datetime
    stop: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class _Turn:
    """One tenant's transaction: hours and days done, and whether there may be more."""

    hours: int
    days: int
    more: bool


def close_due(
    conn: psycopg.Connection[Any],
    now: datetime,
    tenant_id: TenantId | None = None,
    limits: CloserLimits | None = None,
) -> ClosedReport:
    """Closes what is over at `now`, of one tenant or of all. Tenants take turns, one transaction each, so that a long
    history of one does not keep the others waiting."""
    bounds = limits or CloserLimits()
    due = due_args(now)
    waiting = deque([tenant_id] if tenant_id is not None else _due_tenants(conn, due))
    report = ClosedReport()
    while waiting and report.transactions < bounds.transactions_max:
        tenant = waiting.popleft()
        turn, conflicts = _turn_with_retries(conn, tenant, due, bounds)
        report = replace(report, transactions=report.transactions + 1, conflicts=report.conflicts + conflicts)
        if turn is None:
            report = replace(report, busy=(*report.busy, tenant))
            continue
        report = replace(report, hours=report.hours + turn.hours, days=report.days + turn.days)
        if turn.more:
            waiting.append(tenant)
    if report.hours >= _HOURS_UNTIL_STATISTICS:
        conn.execute(_SQL["refresh_statistics"])
    return replace(report, complete=not waiting and not report.busy)


def due_args(now: datetime) -> dict[str, datetime]:
    """The last hour and the last day that are over."""
    utc = now.astimezone(UTC)
    this_hour = utc.replace(minute=0, second=0, microsecond=0)
    return {"last_hour": this_hour - _HOUR, "last_day": this_hour.replace(hour=0) - _DAY}


def _due_tenants(conn: psycopg.Connection[Any], due: dict[str, datetime]) -> list[TenantId]:
    return [TenantId(row[0]) for row in conn.execute(_SQL["due_tenants"], due)]


def _turn_with_retries(
    conn: psycopg.Connection[Any], tenant: TenantId, due: dict[str, datetime], limits: CloserLimits
) -> tuple[_Turn | None, int]:
    for conflicts in range(limits.retries_max + 1):
        try:
            conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            turn = _turn(conn, {"tenant_id": tenant, **due}, limits)
            conn.execute("COMMIT")
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            conn.execute("ROLLBACK")
        except BaseException:
            if not conn.closed:
                conn.execute("ROLLBACK")
            raise
        else:
            return turn, conflicts
    raise TryLater(
        "closer_conflict",
        f"closing hours of tenant {tenant} met another closer {limits.retries_max + 1} times",
    )


def _turn(conn: psycopg.Connection[Any], args: dict[str, Any], limits: CloserLimits) -> _Turn | None:
    """The transaction's inside; None when another closer has the tenant."""
    locked = conn.execute(_SQL["lock_tenant"], {"lock_class": LockClass.CLOSER, **args}).fetchone()
    if locked != (True,):
        return None
    marks = conn.execute(_SQL["due_hours"], {"hours_max": limits.hours_max, **args}).fetchall()
    hours = [hour for hour, _, _ in marks]
    conn.execute(_SQL["delete_marks"], {"hours": hours, **args})
    for span in _spans([(hour, late) for hour, _, late in marks]):
        _close_span(conn, span, args)
    touched = sorted({hour.replace(hour=0) for hour in hours})
    days = conn.execute(
        _SQL["touched_days"], {"days": touched, "days_max": limits.days_max, **args}
    ).fetchall()
    ready = [day for day, is_ready in days if is_ready]
    for day in ready:
        _replace_rows(conn, "sum_day", "delete_day", "insert_day", {"start": day, "stop": day + _DAY, **args})
    conn.execute(_SQL["unmark_days"], {"days": ready, **args})
    conn.execute(_SQL["mark_days"], {"days": [day for day, is_ready in days if not is_ready], **args})
    return _Turn(len(hours), len(ready), more=len(hours) == limits.hours_max or len(ready) >= limits.days_max)


def _close_span(conn: psycopg.Connection[Any], span: _Span, args: dict[str, Any]) -> None:
    bounds = {"start": span.start, "stop": span.stop, **args}
    if span.late:
        _replace_rows(conn, "sum_late_hours", "delete_hours", "insert_hours", bounds)
        # The same snapshot: exactly the rows that were just added.
        conn.execute(_SQL["delete_late_minutes"], bounds)
    else:
        _replace_rows(conn, "sum_hours", "delete_hours", "insert_hours", bounds)


def _replace_rows(
    conn: psycopg.Connection[Any], read: str, delete: str, write: str, args: dict[str, Any]
) -> None:
    """Sums to the client, sketches into canonical form, and in again where the old rows were."""
    with conn.cursor() as cursor:
        with cursor.copy(_SQL[read], args) as out:
            chunks = list(out)
        conn.execute(_SQL[delete], args)
        with cursor.copy(_SQL[write]) as into:
            into.write(memoryview(compact_copy(chunks, SKETCH_COLUMNS)))


def _spans(hours: Sequence[tuple[datetime, bool]]) -> Iterator[_Span]:
    """Ascending hours joined where they touch and are of one kind, up to the bound of a stream."""
    span: _Span | None = None
    for hour, late in hours:
        if (
            span is not None
            and (hour, late) == (span.stop, span.late)
            and hour - span.start < _HOURS_PER_COPY * _HOUR
        ):
            span = replace(span, stop=hour + _HOUR)
            continue
        if span is not None:
            yield span
        span = _Span(hour, hour + _HOUR, late)
    if span is not None:
        yield span
