"""Writes the series that a batch brings and keeps each tenant within its budget of them.

In: a connection inside the flush's transaction, the prepared batch and the writer's cache of known series.
Out: the rows to teach the cache *after* the commit. Costs nothing in the steady state, when the cache knows
every series. It runs before the events are written, because a series past the budget changes the rows.
"""

from typing import Final

from analytics_hub.domain.errors import Broken
from analytics_hub.storage.statements import statements
from ingest.decode import PreparedBatch
from ingest.postgres.copy_in import Connection, copy_in
from rust_core import SeriesCache, SeriesRows

_SQL = statements("flush")
_LOCK_CLASS: Final = 0x5E51E5  # advisory locks of series budgets; the closer has a class of its own


def write_series(
    conn: Connection, prepared: PreparedBatch, cache: SeriesCache, series_max: dict[int, int]
) -> SeriesRows:
    """Inserts what is new. `series_max` is the budget by tenant; a tenant that is absent has none."""
    rows = cache.missing(prepared.batch)
    if not len(rows):
        return rows
    copy_in(conn, _SQL["copy_temp_series"], rows.copy())
    beyond = _beyond_budget(conn, series_max)
    if beyond:
        prepared.fold_series(beyond)
        rows = cache.missing(prepared.batch)
        conn.execute(_SQL["empty_temp_series"])
        copy_in(conn, _SQL["copy_temp_series"], rows.copy())
    conn.execute(_SQL["insert_series"])
    collision = conn.execute(_SQL["colliding_series"]).fetchone()
    if collision is not None:
        raise Broken(
            "series_collision",
            f"series {collision[1]} of tenant {collision[0]} stands for two different sets of dimensions",
        )
    return rows


def _beyond_budget(conn: Connection, series_max: dict[int, int]) -> list[tuple[int, int]]:
    """The new series that no longer fit. The lock makes the count hold until the commit."""
    conn.execute(_SQL["lock_series_budgets"], {"lock_class": _LOCK_CLASS})
    taken: dict[int, int] = {}
    beyond: list[tuple[int, int]] = []
    for tenant_id, series_id, known in conn.execute(_SQL["unknown_series"]):
        taken[tenant_id] = taken.get(tenant_id, int(known)) + 1
        if tenant_id in series_max and taken[tenant_id] > series_max[tenant_id]:
            beyond.append((tenant_id, series_id))
    return beyond
