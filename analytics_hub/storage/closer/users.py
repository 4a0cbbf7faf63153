"""A day of each end-user, from the raw events, within the server.

In: a UTC day of a tenant that is over. Out: `usage_user_1d` holds it. Where the events were dropped, those that came
late are added, deleted, and accounted for in `ledger_removals`. The runs that stood for the day as it was go, and its
block gets a new one (`user_runs.py`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.storage.closer.user_runs import renew_runs
from analytics_hub.storage.statements import statements

_SQL = statements("closer_users")
_DAY = timedelta(days=1)
_REPLACE: Final = ("delete_user_day", "insert_user_day")
_ADD: Final = ("add_user_day", "record_late_events", "delete_late_events")


def close_users(
    conn: psycopg.Connection[Any], args: Mapping[str, Any], day: datetime, *, are_dropped: bool
) -> None:
    bounds = {"start": day, "stop": day + _DAY, **args}
    for name in _ADD if are_dropped else _REPLACE:
        conn.execute(_SQL[name], bounds)
    renew_runs(conn, bounds)
