"""Runs: what every user added up to from the start of a block of days through one of them, or of a day by its hours.

In: a day of `usage_user_1d`, or hours of `usage_user_1h`, that were just written. Out: no run of the block stands for
them as they were, and the last day or hour of the block has a run where that pays. What pays is decided here alone: a
reader takes what there is.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

import psycopg

from analytics_hub.domain.plan import Level
from analytics_hub.domain.user_usage import STEPS, BucketRows, block_of
from analytics_hub.storage.statements import statements

_SQL: Final = {Level.USER_DAY: statements("closer_users"), Level.USER_HOUR: statements("closer_user_hours")}
_LENGTH_MAX: Final = Fraction(2, 3)
"""How long a run is, of the days that it stands for, at most: of users who hardly come back there is none."""
_TAIL_SHARE: Final = 2
"""And is so many times the rows since the last run, or less: all runs are as long as all days, twice, at most."""


def renew_runs(
    conn: psycopg.Connection[Any], bounds: Mapping[str, Any], level: Level = Level.USER_DAY
) -> None:
    """From `start` on, which is a day or an hour."""
    block = block_of(bounds["start"], level)
    args = {**bounds, "block_start": block.start, "block_stop": block.end}
    sql = _SQL[level]
    conn.execute(sql["claim_block"], args)
    conn.execute(sql["forget_runs"], args)
    conn.execute(sql["count_user_rows"], args)
    known = [BucketRows(*row) for row in conn.execute(sql["user_rows_of_block"], args)]
    if known:
        _add_run(conn, args, known, level)


def _add_run(
    conn: psycopg.Connection[Any], args: Mapping[str, Any], known: list[BucketRows], level: Level
) -> None:
    last = known[-1]
    before = max((one.bucket for one in known if one.run_rows is not None), default=None)
    if before == last.bucket:
        return
    tail_rows = sum(one.rows for one in known if before is None or one.bucket > before)
    rows_max = min(int(sum(one.rows for one in known) * _LENGTH_MAX), tail_rows * _TAIL_SHARE)
    # No run is shorter than one before it, nor than its longest day.
    if rows_max < max(max(one.rows, one.run_rows or 0) for one in known):
        return
    run = {
        "tenant_id": args["tenant_id"],
        "last": last.bucket,
        "last_rows": last.rows,
        "tail_start": args["block_start"] if before is None else before + STEPS[level],
        "last_run": before,
        "rows_max": rows_max,
    }
    run_rows = conn.execute(_SQL[level]["insert_run"], run).rowcount
    if run_rows:
        conn.execute(_SQL[level]["delete_run_count"], run)
        conn.execute(_SQL[level]["insert_run_count"], {**run, "run_rows": run_rows})
