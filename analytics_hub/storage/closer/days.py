"""A day by series and along every dimension, from its hours.

In: a UTC day of a tenant that is over and has no marked hour. Out: the tables hold it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.storage.closer.copying import Replacement, replace_rows
from analytics_hub.storage.closer.facets import close_day_facets
from analytics_hub.storage.statements import statements

_SQL = statements("closer_days")
_DAY = timedelta(days=1)
DAYS: Final = Replacement(_SQL["sum_day"], _SQL["delete_day"], _SQL["insert_day"], key_columns=3)


def close_day(conn: psycopg.Connection[Any], args: Mapping[str, Any], day: datetime, bytes_max: int) -> None:
    bounds = {"start": day, "stop": day + _DAY, **args}
    replace_rows(conn, DAYS, bounds, bytes_max)
    close_day_facets(conn, bounds, bytes_max)
