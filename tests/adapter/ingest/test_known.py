"""What is stored already is seen, in rows and in columns; looking into columns unpacks only what is near in time."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.storage.statements import statements
from ingest.decode import PreparedBatch
from ingest.postgres import known
from ingest.postgres.events import all_present
from ingest.postgres.known import look_up
from tests.support.columns import column_chunks, to_columns
from tests.support.database import Database
from tests.support.ingest import PostgresStored, event, prepared

OLD, NEW = date(2026, 11, 3), date(2026, 11, 4)
STORED = 3_000  # three batches of columns
RESENT = 300


@pytest.fixture
def on_each(each_db: Database) -> Iterator[PostgresStored]:
    stored = PostgresStored(each_db)
    yield stored
    stored.close()


@pytest.fixture
def on_timescale(timescale_db: Database) -> Iterator[PostgresStored]:
    stored = PostgresStored(timescale_db)
    yield stored
    stored.close()


def of_day(day: date, numbers: range, hours: int = 2) -> list[bytes]:
    """Events in order of time, spread over the first hours of the day."""
    step_s = hours * 3600 / STORED
    lines = []
    for number in numbers:
        minutes, second = divmod(int(number * step_s), 60)
        time = f"{day}T{minutes // 60:02}:{minutes % 60:02}:{second:02}Z"
        lines.append(event(number, id=f"{day}-{number}", time=time))
    return lines


def batch_of(stored: PostgresStored, *lines: list[bytes]) -> PreparedBatch:
    return prepared([line for some in lines for line in some], stored.tenant_id)


def store(db: Database, stored: PostgresStored, number: int) -> None:
    """As many events on an old day, which becomes columns, as on a new one."""
    stored.sink.flush(batch_of(stored, of_day(OLD, range(number)), of_day(NEW, range(number))))
    to_columns(db, "usage_events", OLD)


def make_temp_keys(conn: psycopg.Connection[Any]) -> None:
    conn.execute(statements("flush")["make_temp_keys"])


def batches_read(conn: psycopg.Connection[Any]) -> int:
    """In this transaction, of all chunks of columns."""
    row = conn.execute(
        """SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::int8
           FROM pg_stat_xact_all_tables WHERE relname LIKE '%\\_compressed'"""
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_resend_over_rows_and_columns_with_new_events_between_is_counted_once(
    each_db: Database, on_each: PostgresStored
) -> None:
    store(each_db, on_each, 40)
    count = on_each.sink.flush(batch_of(on_each, of_day(OLD, range(50)), of_day(NEW, range(60)))).count
    assert count == LedgerCount(received=110, stored=30, duplicate=80)
    assert on_each.totals()["events"] == on_each.raw_totals()["events"] == 110


def test_a_look_names_the_rows_that_are_stored(each_db: Database, on_each: PostgresStored) -> None:
    store(each_db, on_each, 10)
    late = batch_of(on_each, of_day(OLD, range(8, 12)), of_day(NEW, range(5, 15)))
    with each_db.connect("hub_writer", autocommit=False) as conn:
        make_temp_keys(conn)
        assert look_up(conn, late.batch) == [0, 1, 4, 5, 6, 7, 8]


def test_all_is_present_only_when_rows_and_columns_have_it(
    each_db: Database, on_each: PostgresStored
) -> None:
    store(each_db, on_each, 10)
    with each_db.connect("hub_writer") as conn:
        make_temp_keys(conn)
        assert all_present(conn, batch_of(on_each, of_day(OLD, range(10)), of_day(NEW, range(10))))
        assert not all_present(conn, batch_of(on_each, of_day(OLD, range(11)), of_day(NEW, range(10))))
        assert not all_present(conn, batch_of(on_each, of_day(OLD, range(10)), of_day(NEW, range(11))))


@pytest.mark.timescale
def test_a_resend_into_columns_unpacks_the_batches_of_its_minutes_once(
    timescale_db: Database, on_timescale: PostgresStored
) -> None:
    store(timescale_db, on_timescale, STORED)
    resent = batch_of(on_timescale, of_day(OLD, range(0, STORED, STORED // RESENT)))
    with timescale_db.connect("hub_writer", autocommit=False) as conn:
        make_temp_keys(conn)
        assert len(look_up(conn, resent.batch)) == RESENT
        # Two hours are twelve stretches of ten minutes, each within one batch or across the border of two.
        assert 0 < batches_read(conn) <= 24


@pytest.mark.timescale
def test_days_of_columns_that_are_looked_at_one_after_another_are_all_seen(
    timescale_db: Database, on_timescale: PostgresStored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "_DAYS_A_LOOK", 1)
    store(timescale_db, on_timescale, 5)
    to_columns(timescale_db, "usage_events", NEW)
    with timescale_db.connect("hub_writer", autocommit=False) as conn:
        make_temp_keys(conn)
        resent = batch_of(on_timescale, of_day(OLD, range(3, 6)), of_day(NEW, range(3, 6)))
        assert look_up(conn, resent.batch) == [0, 1, 3, 4]


@pytest.mark.timescale
def test_a_resend_into_rows_unpacks_nothing(timescale_db: Database, on_timescale: PostgresStored) -> None:
    store(timescale_db, on_timescale, 20)
    assert column_chunks(timescale_db, "usage_events") == 1
    with timescale_db.connect("hub_writer", autocommit=False) as conn:
        make_temp_keys(conn)
        assert len(look_up(conn, batch_of(on_timescale, of_day(NEW, range(20))).batch)) == 20
        assert batches_read(conn) == 0


def test_a_look_leaves_no_hint_behind(each_db: Database, on_each: PostgresStored) -> None:
    store(each_db, on_each, 5)
    with each_db.connect("hub_writer", autocommit=False) as conn:
        make_temp_keys(conn)
        look_up(conn, batch_of(on_each, of_day(OLD, range(5)), of_day(NEW, range(5))).batch)
        joins = ("enable_nestloop", "enable_hashjoin", "enable_mergejoin", "enable_seqscan")
        for setting in joins:
            assert conn.execute("SELECT current_setting(%s)", [setting]).fetchone() == ("on",)
