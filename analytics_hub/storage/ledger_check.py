"""Does the ledger hold? Two rules for every tenant and hour of receipt:

    equation   received = stored + duplicate + rejected              reads the ledger only
    rows       stored = rows in usage_events + removed on purpose    counts events

In: a connection of hub_maint in autocommit mode and a range of hours. Out: `Breach`es, none when all is well. Events
lie in the database by their own time, not by that of their receipt, and most are received soon after they happen. So
the rows are looked for in a narrow range of time first and, where some are missing, in wider ones: a row that is gone
is always found, a row too many only when it was received soon. `thorough` reads all of them and finds both. Who runs
it: `hub check`, and `cli/ledger_watch.py` in the process that closes hours.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.domain.ledger import Breach, Rule
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements

_SQL = statements("ledger_check")
Connection = psycopg.Connection[Any]
_HOUR: Final = timedelta(hours=1)
# How old events may be at their receipt: a moment, a weekend, the usual late horizon, any age that can be stored.
_AGES: Final = (timedelta(hours=2), timedelta(days=2), timedelta(days=9), None)
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2101, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)  # far more than any clock is let ahead


def tenants(conn: Connection) -> Sequence[TenantId]:
    with translated():
        return [TenantId(row[0]) for row in conn.execute(_SQL["tenants"])]


def check_equation(conn: Connection, tenant: TenantId, start: datetime, end: datetime) -> Sequence[Breach]:
    """Hours of [start, end) whose outcomes do not add up to what was received."""
    return _breaches(conn, Rule.EQUATION, tenant, {"start": hour_of(start), "end": end})


def check_rows(
    conn: Connection,
    tenant: TenantId,
    start: datetime,
    end: datetime,
    *,
    thorough: bool = False,
) -> Sequence[Breach]:
    """Hours of [start, end) whose stored events are not there, or are more than were stored."""
    start = hour_of(start)
    breaches: Sequence[Breach] = ()
    for ts_start, ts_end in _ranges(start, end, thorough=thorough):
        args = {"start": start, "end": end, "ts_start": ts_start, "ts_end": ts_end}
        breaches = _breaches(conn, Rule.ROWS, tenant, args)
        # Rows too many do not become fewer in a wider range; rows that are missing may be found there.
        if not any(breach.found < breach.expected for breach in breaches):
            break
    return breaches


def check_ledger(
    conn: Connection, start: datetime, end: datetime, *, thorough: bool = False
) -> Sequence[Breach]:
    """Both rules for every tenant."""
    found: list[Breach] = []
    for tenant in tenants(conn):
        found += check_equation(conn, tenant, start, end)
        found += check_rows(conn, tenant, start, end, thorough=thorough)
    return found


def hour_of(moment: datetime) -> datetime:
    """The hour of receipt that a moment belongs to."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _breaches(conn: Connection, rule: Rule, tenant: TenantId, args: dict[str, datetime]) -> Sequence[Breach]:
    with translated():
        rows = conn.execute(_SQL[rule.value], {"tenant_id": int(tenant), **args}).fetchall()
    return [
        Breach(tenant, hour.astimezone(UTC), rule, expected, found)
        for hour, expected, found in rows
        if expected != found
    ]


def _ranges(start: datetime, end: datetime, *, thorough: bool) -> Iterator[tuple[datetime, datetime]]:
    for age in (None,) if thorough else _AGES:
        if age is None:
            yield _FIRST, _LAST
        else:
            yield start - age, end + _AHEAD
