"""Writes the series that a batch brings and keeps each tenant within its budget of them.

In: a connection inside the flush's transaction, the prepared batch and the writer's cache of known series.
Out: the rows to teach the cache *after* the commit. Costs nothing in the steady state, when the cache knows
every series. It runs before the events are written, because a series past the budget changes the rows.
"""

from analytics_hub.domain.errors import Broken
from analytics_hub.storage.advisory import LockClass
from analytics_hub.storage.statements import statements
from ingest.decode import PreparedBatch
from ingest.postgres.copy_in import Connection, copy_in
from rust_core import SeriesCache, SeriesRows

# Folding goes in two steps: what stays distinct after the first (by provider and model) may use a reserve
# beyond the
# budget, one tenth of it; the second leaves one series a status, so nothing that a client sends grows a
# tenant further.
FOLD_STEPS = 2
RESERVE_PART = 10

_SQL = statements("flush")


def write_series(conn: Connection, prepared: PreparedBatch, cache: SeriesCache) -> SeriesRows:
    """Inserts what is new, each tenant within its budget."""
    rows = cache.missing(prepared.batch)
    if not len(rows):
        return rows
    copy_in(conn, _SQL["copy_temp_series"], rows.copy())
    for step in range(FOLD_STEPS):
        beyond = _beyond_budget(conn, step)
        if not beyond:
            break
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


def _beyond_budget(conn: Connection, step: int) -> list[tuple[int, int]]:
    """The new series that no longer fit. The lock makes the count hold until the commit."""
    conn.execute(_SQL["lock_series_budgets"], {"lock_class": LockClass.SERIES_BUDGET})
    taken: dict[int, int] = {}
    beyond: list[tuple[int, int]] = []
    for tenant_id, series_id, known, most in conn.execute(_SQL["unknown_series"]):
        taken[tenant_id] = taken.get(tenant_id, int(known)) + 1
        if most is not None and taken[tenant_id] > most + most * step // RESERVE_PART:
            beyond.append((tenant_id, series_id))
    return beyond
