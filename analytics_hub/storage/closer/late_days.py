"""Days whose hours were dropped: what comes late is added to the day at once, by series and along every dimension.

In: such a day, whose marks are deleted. Out: its minutes are in the day's rows and gone. A dimension of which the day
has no facet gets none; the gap says so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.storage.closer.copying import Replacement, replace_rows
from analytics_hub.storage.closer.days import DAYS
from analytics_hub.storage.closer.facets import DAY_FACETS
from analytics_hub.storage.closer.hours import delete_late_minutes
from analytics_hub.storage.statements import statements

_SQL = statements("closer_late_days")
_DAY = timedelta(days=1)
LATE_DAYS: Final = Replacement(_SQL["sum_late_day"], DAYS.delete, DAYS.write, key_columns=3)
LATE_DAY_FACETS: Final = Replacement(
    _SQL["sum_late_day_facets"], DAY_FACETS.delete, DAY_FACETS.write, key_columns=4
)


def add_to_day(conn: psycopg.Connection[Any], args: Mapping[str, Any], day: datetime, bytes_max: int) -> None:
    bounds = {"start": day, "stop": day + _DAY, **args}
    conn.execute(_SQL["insert_late_day_gaps"], bounds)
    replace_rows(conn, LATE_DAY_FACETS, bounds, bytes_max)
    replace_rows(conn, LATE_DAYS, bounds, bytes_max)
    delete_late_minutes(conn, bounds)
