"""The peer, and the referee: the same questions to DuckDB, over Parquet files of the same events.

In: the folder of the files and an `Ask`. Out: rows, with exact sums; seconds when it is raced. Two threads, like the
machine; one file a day, sorted by tenant and time, so that it reads little more than it must. Nothing is aggregated
beforehand, as an analyst without a hub would have it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.query_questions import LAST_EVENTS, TOP_PROJECTS, TOP_USERS, Ask

THREADS = 2
_TOKENS = "input_tokens + cache_read_tokens + output_tokens + output_reasoning_tokens"
_COST = "cost_input_pico_usd + cost_cache_read_pico_usd + cost_output_pico_usd"
_SUMS = f"count(*), sum({_TOKENS}), sum({_COST})"
_FROM = "FROM events WHERE tenant_id = $tenant AND ts >= $start AND ts < $end"
_SLACK = 0.001
"""How far from a rank the check looks for a quantile: ranks are counted in more than one way."""

_STATEMENTS = {
    "q1": "SELECT date_trunc('minute', ts), '', {sums} {where} GROUP BY ALL",
    "q2": "SELECT date_trunc('day', ts), model, {sums} {where} GROUP BY ALL",
    "q3": """WITH best AS (SELECT project {where} GROUP BY project ORDER BY sum({cost}) DESC LIMIT {projects})
        SELECT date_trunc('hour', ts), CASE WHEN project IN (FROM best) THEN project END, {sums}
        {where} GROUP BY ALL""",
    "q4": "SELECT model, count(*), quantile_disc(latency_us, [0.5, 0.95, 0.99]) {where} GROUP BY ALL",
    "q5": "SELECT date_trunc('day', ts), '', {sums} {where} GROUP BY ALL",
    "q6": "SELECT ts, {tokens}, {cost} {where} ORDER BY ts DESC LIMIT {events}",
    "q7": "SELECT user_id, {sums} {where} GROUP BY ALL ORDER BY sum({cost}) DESC LIMIT {users}",
    "q7_check": """WITH best AS (SELECT user_id {where} GROUP BY user_id ORDER BY sum({cost}) DESC LIMIT {users})
        SELECT CASE WHEN user_id IN (FROM best) THEN user_id END, {sums} {where} GROUP BY ALL""",
    "q4_check": """SELECT model, count(*), quantile_disc(latency_us, [{low}]), quantile_disc(latency_us, [{high}])
        {where} GROUP BY ALL""",
}
_RANKS = (0.5, 0.95, 0.99)


class Peer:
    """One connection."""

    def __init__(self, parquet: Path) -> None:
        self._conn = duckdb.connect(config={"threads": THREADS})
        self._conn.execute(f"CREATE VIEW events AS FROM read_parquet('{parquet}/*.parquet')")

    def rows(self, ask: Ask, statement: str = "") -> list[tuple[Any, ...]]:
        """The answer; by another statement than the question's own for the check."""
        column, value = ask.chosen
        text = _STATEMENTS[statement or ask.kind].format(
            where=_FROM + (f" AND {column} = $value" if column else ""),
            sums=_SUMS,
            tokens=_TOKENS,
            cost=_COST,
            projects=TOP_PROJECTS,
            users=TOP_USERS,
            events=LAST_EVENTS,
            low=", ".join(str(rank - _SLACK) for rank in _RANKS),
            high=", ".join(str(rank + _SLACK) for rank in _RANKS),
        )
        args = {
            "tenant": ask.tenant,
            "start": ask.start.replace(tzinfo=None),
            "end": ask.end.replace(tzinfo=None),
        }
        rows: list[tuple[Any, ...]] = self._conn.execute(
            text, args | ({"value": value} if column else {})
        ).fetchall()
        return rows

    def timed(self, asks: list[Ask]) -> list[float]:
        """Ascending seconds, after one question to warm up."""
        self.rows(asks[0])
        seconds = []
        for ask in asks:
            began_s = time.perf_counter()
            self.rows(ask)
            seconds.append(time.perf_counter() - began_s)
        return sorted(seconds)
