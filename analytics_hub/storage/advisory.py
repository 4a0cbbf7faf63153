"""Advisory locks inside the database: the list of them, so that no two purposes share a number.

Both parts are int4. The class is written out in SQL where plpgsql takes a lock (migrations). For locks between
processes on one data directory see `server_locks.py`.
"""

from enum import IntEnum


class LockClass(IntEnum):
    """First part of the key; what the second part names is said beside it."""

    ENSURE_DAY = 0x48554231  # 1213547057: 0; makers of day partitions, in hub.ensure_day()
    MIGRATE = 0x48554232  # 0; one migration of a database at a time
    CLOSER = 0x48554233  # tenant_id; one closer of a tenant
    SERIES_BUDGET = 0x48554234  # tenant_id; writers that add series
    JOB = 0x48554235  # tenant_id; one job of a tenant. 0: who looks for lost jobs
