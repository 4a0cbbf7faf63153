"""Day partitions: made once, by several at once too, within their bounds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import psycopg
import pytest

from tests.support.database import Database
from tests.support.deltas import add_delta, minute

FIRST = date(2026, 3, 1)


def make(db: Database, days: list[date], *, zone: str = "UTC") -> int:
    with db.connect("hub_writer") as conn:
        conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])
        row = conn.execute("SELECT hub.ensure_day(%s::date[])", [days]).fetchone()
    assert row is not None
    return int(row[0])


def test_a_day_is_made_once(db: Database) -> None:
    assert [make(db, [FIRST]), make(db, [FIRST, FIRST])] == [2, 0]


def test_many_at_once_make_each_day_once(db: Database) -> None:
    days = [FIRST + timedelta(days=n) for n in range(20)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: make(db, days[n : n + 10]), range(11)))
    assert sum(made) == 2 * len(days)


def test_a_day_is_a_utc_day_whatever_the_session_thinks(db: Database) -> None:
    tenant = db.add_tenant("acme")
    make(db, [FIRST], zone="Asia/Kathmandu")
    with db.connect("hub_writer") as conn:
        add_delta(conn, tenant, minute("2026-03-01 00:00"))
        add_delta(conn, tenant, minute("2026-03-01 23:59"))
        with pytest.raises(psycopg.errors.CheckViolation):
            add_delta(conn, tenant, minute("2026-03-02 00:00"))


def test_days_are_made_while_a_load_is_running(db: Database) -> None:
    tenant = db.add_tenant("acme")
    make(db, [FIRST])
    with db.connect("hub_writer", autocommit=False) as loading:
        add_delta(loading, tenant, minute("2026-03-01 10:00"))
        assert make(db, [FIRST + timedelta(days=1)]) == 2
        add_delta(loading, tenant, minute("2026-03-02 10:00"))
        loading.commit()


@pytest.mark.parametrize(
    "days",
    [[date(1999, 12, 31)], [date(2101, 1, 1)], [None], [FIRST + timedelta(days=n) for n in range(367)]],
    ids=["too early", "too late", "no day", "too many"],
)
def test_out_of_bounds_days_are_refused(db: Database, days: list[date]) -> None:
    with pytest.raises(psycopg.DatabaseError, match="ensure_day takes"):
        make(db, days)


def test_the_last_allowed_days_are_made(db: Database) -> None:
    assert make(db, [date(2000, 1, 1), date(2100, 12, 31)]) == 4


def test_no_days_are_no_work(db: Database) -> None:
    assert make(db, []) == 0
