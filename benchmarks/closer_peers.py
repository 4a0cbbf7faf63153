"""Three ways to sum an hour along all dimensions: in one pass, as the closer does, or as it might have done.

In: a connection of hub_maint and the bounds of an hour that is closed by series. Out: how many rows each way gives. The
answers are the same rows; they are read and thrown away, because what is compared is the server's work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import psycopg

from analytics_hub.domain.series import DIMENSIONS, SKETCH_COLUMNS, SUM_COLUMNS
from analytics_hub.storage.closer.facets import HOUR_FACETS

_SUMS = ", ".join(
    [*(f"sum(h.{name})" for name in SUM_COLUMNS), *(f"string_agg(h.{name}, '')" for name in SKETCH_COLUMNS)]
)
_FROM = "FROM hub.usage_1h h LEFT JOIN hub.series s USING (tenant_id, series_id)"
_WHERE = "WHERE h.tenant_id = %(tenant_id)s AND h.bucket >= %(start)s AND h.bucket < %(stop)s"


def _copied(select: str) -> str:
    return f"COPY ({select}) TO STDOUT (FORMAT binary)"


def _lateral() -> str:
    values = ", ".join(["('', '')", *(f"('{name}', coalesce(s.{name}, ''))" for name in DIMENSIONS)])
    return _copied(
        f"SELECT h.tenant_id, d.dimension, h.bucket, d.value, {_SUMS} {_FROM}"
        f" CROSS JOIN LATERAL (VALUES {values}) AS d (dimension, value) {_WHERE} GROUP BY 1, 2, 3, 4"
    )


def _along(dimension: str) -> str:
    value = f"coalesce(s.{dimension}, '')" if dimension else "''"
    return _copied(
        f"SELECT h.tenant_id, '{dimension}', h.bucket, {value}, {_SUMS} {_FROM} {_WHERE} GROUP BY 1, 2, 3, 4"
    )


ONE_PASS: Final = (HOUR_FACETS.read,)
LATERAL: Final = (_lateral(),)
ONE_STATEMENT_EACH: Final = tuple(_along(dimension) for dimension in ("", *DIMENSIONS))
WAYS: Final[Mapping[str, tuple[Sequence[str], int]]] = {
    "one_pass": (ONE_PASS, 4),
    "lateral": (LATERAL, 4),
    "lateral_64mb": (LATERAL, 64),
    "statement_each": (ONE_STATEMENT_EACH, 4),
}
"""Statements by name, and the work_mem in MB that they get; 4 is the server's default, with which the closer works."""


def facet_rows(conn: psycopg.Connection[Any], way: str, bounds: Mapping[str, Any]) -> int:
    """How many facets this way finds."""
    texts, work_mem_mb = WAYS[way]
    conn.execute("SELECT set_config('work_mem', %s, false)", [f"{work_mem_mb}MB"])
    return sum(_drained(conn, text, bounds) for text in texts)


def _drained(conn: psycopg.Connection[Any], text: str, bounds: Mapping[str, Any]) -> int:
    with conn.cursor() as cursor:
        with cursor.copy(text.encode(), bounds) as out:
            for _ in out:
                pass
        return cursor.rowcount


def timed(
    conn: psycopg.Connection[Any], way: str, work: Callable[[], float], bounds: Mapping[str, Any]
) -> float:
    """What one way took by this meter."""
    before = work()
    facet_rows(conn, way, bounds)
    return work() - before
