"""Finds the rows that the database refuses for what is in them, by halving, so that they cost only
themselves.

In: a connection outside a transaction and the batch that was refused. Out: the guilty rows and the server's
sentence. Every try is a savepoint that is rolled back: nothing is stored here.
"""

from dataclasses import dataclass
from typing import Final

import psycopg

from analytics_hub.domain.errors import Broken
from analytics_hub.storage.statements import statements
from ingest.deadline import Deadline
from ingest.postgres.copy_in import Connection, copy_in
from rust_core import Batch

_SQL = statements("flush")

GUILTY_ROWS_MAX: Final = 1_000  # more than that, and the schema is at fault rather than the data


@dataclass(frozen=True, slots=True)
class Verdict:
    rows: list[int]
    text: str


def is_about_data(error: psycopg.Error) -> bool:
    """Class 22 and 23 but for duplicates, which are no fault, and for a missing partition, which is ours."""
    if isinstance(error, psycopg.errors.UniqueViolation):
        return False
    if isinstance(error, psycopg.errors.CheckViolation) and error.diag.constraint_name is None:
        return False
    return (error.sqlstate or "").startswith(("22", "23"))


def find_poison(conn: Connection, batch: Batch, deadline: Deadline) -> Verdict:
    guilty: list[int] = []
    text = ""
    spans = [(0, len(batch))]
    while spans:
        deadline.check("looking for the rows that the database refuses")
        start, stop = spans.pop()
        fault = _refusal(conn, batch.slice(start, stop))
        if fault is None:
            continue
        if stop - start > 1:
            middle = (start + stop) // 2
            spans += [(middle, stop), (start, middle)]
            continue
        guilty.append(start)
        # The primary sentence only: the detail would repeat the row's values.
        text = text or (fault.diag.message_primary or "refused by the database")
        if len(guilty) > GUILTY_ROWS_MAX:
            raise Broken(
                "database_refuses_data", f"the database refuses more than {GUILTY_ROWS_MAX} rows: {text}"
            )
    conn.rollback()
    return Verdict(guilty, text)


def _refusal(conn: Connection, part: Batch) -> psycopg.Error | None:
    try:
        with conn.transaction(force_rollback=True):
            copy_in(conn, _SQL["copy_temp_events"], part.copy_events(with_row=True))
            conn.execute(_SQL["insert_missing_events"])
    except psycopg.Error as error:
        if not is_about_data(error):
            raise
        return error
    return None
