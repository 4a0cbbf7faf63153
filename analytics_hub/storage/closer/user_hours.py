"""Hours of each end-user, from the raw events, within the server; of the last days only.

In: hours of a tenant that are closed in this transaction, and since when hours are kept: a UTC day, so that a run,
which begins with its day, has all of its hours or is gone with them. Out: `usage_user_1h` holds the hours as the raw
events are, and its runs stand for them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg

from analytics_hub.domain.plan import Level
from analytics_hub.domain.user_usage import block_of
from analytics_hub.storage.closer.user_runs import renew_runs
from analytics_hub.storage.statements import statements

_SQL = statements("closer_user_hours")


def hours_kept_from(last_hour: datetime, days: int, events_before: datetime) -> datetime:
    """Of events that were dropped no hour is kept: what comes late would be all that it holds."""
    return max(last_hour.replace(hour=0) - timedelta(days=days), events_before)


def forget_old_hours(conn: psycopg.Connection[Any], args: Mapping[str, Any], kept_from: datetime) -> None:
    # Claimed first: a closer that has not seen them go must not add them up.
    conn.execute(_SQL["claim_block"], args)
    conn.execute(_SQL["forget_old_hours"], {**args, "kept_from": kept_from})


def close_user_hours(
    conn: psycopg.Connection[Any],
    args: Mapping[str, Any],
    start: datetime,
    stop: datetime,
    kept_from: datetime,
) -> None:
    """All hours of the stretch are closed: none is written that another transaction may close meanwhile."""
    start = max(start, kept_from)
    while start < stop:
        end = min(stop, block_of(start, Level.USER_HOUR).end)
        bounds = {**args, "start": start, "stop": end}
        conn.execute(_SQL["delete_user_hours"], bounds)
        conn.execute(_SQL["insert_user_hours"], bounds)
        renew_runs(conn, bounds, Level.USER_HOUR)
        start = end
