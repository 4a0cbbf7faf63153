"""A stretch of hours: by series from their minutes, then along every dimension, then the minutes of the whole tenant.

In: the bounds of adjacent hours of one tenant, whose marks are deleted. Out: the tables hold them.
"""

from collections.abc import Mapping
from typing import Any, Final

import psycopg

from analytics_hub.storage.closer.copying import Replacement, replace_rows
from analytics_hub.storage.closer.facets import FacetRule, close_hour_facets
from analytics_hub.storage.statements import statements

_SQL = statements("closer_hours")
HOURS: Final = Replacement(_SQL["sum_hours"], _SQL["delete_hours"], _SQL["insert_hours"], key_columns=3)
LATE_HOURS: Final = Replacement(
    _SQL["sum_late_hours"], _SQL["delete_hours"], _SQL["insert_hours"], key_columns=3
)
MINUTE_TOTALS: Final = Replacement(
    _SQL["sum_minute_totals"], _SQL["delete_minute_totals"], _SQL["insert_minute_totals"], key_columns=2
)


def close_hours(
    conn: psycopg.Connection[Any], bounds: Mapping[str, Any], rule: FacetRule, bytes_max: int, *, late: bool
) -> None:
    """`late`: the minutes were dropped; what is left of them is added to the hour and goes, too."""
    if late:
        replace_rows(conn, LATE_HOURS, bounds, bytes_max)
        delete_late_minutes(conn, bounds)
    else:
        replace_rows(conn, HOURS, bounds, bytes_max)
        replace_rows(conn, MINUTE_TOTALS, bounds, bytes_max)
    close_hour_facets(conn, bounds, rule, bytes_max)


def delete_late_minutes(conn: psycopg.Connection[Any], bounds: Mapping[str, Any]) -> None:
    """One snapshot: exactly the rows that were just added."""
    conn.execute(_SQL["delete_late_minutes"], bounds)
