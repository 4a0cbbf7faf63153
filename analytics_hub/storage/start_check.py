"""What every process that serves from a database asks it before its first request.

In: a way to connect, as the role that will serve. Out: nothing, or the reason not to start: Conflict for a schema that
this program does not fit, Broken for a role that could step over the barrier, TryLater when the database is away.
"""

from collections.abc import Callable
from typing import Any

import psycopg

from analytics_hub.domain.errors import TryLater
from analytics_hub.storage.connections import assert_serving_role
from analytics_hub.storage.migrate import check_schema


def check_start(connect: Callable[[], psycopg.Connection[Any]]) -> None:
    """Raises when this program must not serve from this database."""
    try:
        with connect() as conn:
            check_schema(conn)
            assert_serving_role(conn)
    except psycopg.OperationalError as error:
        said = str(error).strip().split("\n", 1)[0]
        raise TryLater(
            "database_unavailable", f"the database does not answer: {said}", retry_after_s=5
        ) from error
