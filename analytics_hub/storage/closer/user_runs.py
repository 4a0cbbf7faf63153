"""Runs: what every user added up to from the start of a block of days through one of them.

In: a day of `usage_user_1d` that was just written. Out: no run of its block stands for the day as it was, and the last
day of the block has a run where that pays. What pays is decided here alone: a reader takes what there is.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

import psycopg

from analytics_hub.domain.user_usage import DayRows, block_of
from analytics_hub.storage.statements import statements

_SQL = statements("closer_users")
_DAY = timedelta(days=1)
_LENGTH_MAX: Final = Fraction(2, 3)
"""How long a run is, of the days that it stands for, at most: of users who hardly come back there is none."""
_TAIL_SHARE: Final = 2
"""And is so many times the rows since the last run, or less: all runs are as long as all days, twice, at most."""


def renew_runs(conn: psycopg.Connection[Any], bounds: Mapping[str, Any]) -> None:
    block = block_of(bounds["start"])
    args = {**bounds, "block_start": block.start, "block_stop": block.end}
    conn.execute(_SQL["claim_block"], args)
    conn.execute(_SQL["forget_runs"], args)
    conn.execute(_SQL["count_user_rows"], args)
    days = [DayRows(*row) for row in conn.execute(_SQL["user_rows_of_block"], args)]
    if days:
        _add_run(conn, args, days, block.start)


def _add_run(
    conn: psycopg.Connection[Any], args: Mapping[str, Any], days: list[DayRows], block_start: datetime
) -> None:
    last = days[-1]
    before = max((one.day for one in days if one.run_rows is not None), default=None)
    if before == last.day:
        return
    tail_rows = sum(one.day_rows for one in days if before is None or one.day > before)
    rows_max = min(int(sum(one.day_rows for one in days) * _LENGTH_MAX), tail_rows * _TAIL_SHARE)
    # No run is shorter than one before it, nor than its longest day.
    if rows_max < max(max(one.day_rows, one.run_rows or 0) for one in days):
        return
    run = {
        "tenant_id": args["tenant_id"],
        "day": last.day,
        "day_rows": last.day_rows,
        "tail_start": block_start if before is None else before + _DAY,
        "last_run": before,
        "rows_max": rows_max,
    }
    run_rows = conn.execute(_SQL["insert_run"], run).rowcount
    if run_rows:
        conn.execute(_SQL["delete_run_count"], run)
        conn.execute(_SQL["insert_run_count"], {**run, "run_rows": run_rows})
