"""Which events of a batch are stored already.

In: a connection inside a transaction and the batch. Out: its rows that are in `usage_events`.

Rows and columns are looked up differently, so the catalog is asked first which days are columns: the index of rows
finds an event, that of columns only a range of time, whose batches must be unpacked. Both by hints, whatever the
planner thinks of tables that it has no statistics of.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from analytics_hub.storage.statements import statements
from ingest.postgres.copy_in import Connection, copy_in
from rust_core import Batch

_SQL = statements("flush")
_EPOCH = date(1970, 1, 1)
_DAYS_A_LOOK: Final = 32  # each stretch asks every chunk between the first and the last of them
_NO_HINT: Final = {"one_by_one": "on", "whole_tables": "on", "all_at_once": "on"}
_EACH_KEY: Final = _NO_HINT | {"all_at_once": "off"}
_BY_STRETCH: Final = _NO_HINT | {"one_by_one": "off", "whole_tables": "off"}


def look_up(conn: Connection, batch: Batch) -> list[int]:
    """Every key once. Leaves keys in the connection's temp table until the transaction ends."""
    copy_in(conn, _SQL["copy_temp_keys"], batch.copy_keys())
    days = [_EPOCH + timedelta(days=day) for day in batch.days()]
    in_columns = _column_days(conn, days)
    known: list[int] = []
    for at in range(0, len(in_columns), _DAYS_A_LOOK):
        some = in_columns[at : at + _DAYS_A_LOOK]
        known += _found(conn, "known_keys_in_columns", _BY_STRETCH, some)
    in_rows = sorted(set(days).difference(in_columns))
    if in_rows:
        known += _found(conn, "known_keys", _EACH_KEY, in_rows)
    return sorted(known)


def _column_days(conn: Connection, days: Sequence[date]) -> list[date]:
    engine = conn.execute(_SQL["engine"]).fetchone()
    if engine is None or engine[0] == "plain":
        return []
    row = conn.execute(_SQL["column_days"], {"days": days}).fetchone()
    return sorted(row[0]) if row else []


def _found(conn: Connection, statement: str, hint: dict[str, str], days: Sequence[date]) -> list[int]:
    """The statement's rows; the days in order."""
    bounds = {"days": days, "start": _midnight(days[0]), "end": _midnight(days[-1] + timedelta(days=1))}
    conn.execute(_SQL["hint_joins"], hint)
    row = conn.execute(_SQL[statement], bounds).fetchone()
    conn.execute(_SQL["hint_joins"], _NO_HINT)
    return list(row[0]) if row else []


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
