"""What comes late behind the retention of minutes and of hours is added where the sums still are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

import psycopg
import pytest

from analytics_hub.storage.closer import CloserLimits, close_due
from rust_core import sketch_encode
from tests.support.database import Database
from tests.support.deltas import add_series, flush_delta, minute
from tests.support.rollups import (
    coarse,
    facets,
    gaps,
    marks,
    minute_totals,
    summed,
    summed_facets,
)

NOON = minute("2026-03-03 12:00")
FIRST = minute("2026-03-01 00:00")
DROPPED = "2026-03-02 00:00Z"
KEPT = "oracle.kept"
TABLES = {"minutes": ("usage_1m", "usage_1m_total"), "hours": ("usage_1h", "usage_1h_facet")}


class Late:
    """A tenant with two days of deltas. Every delta is kept in a table of its own, which is the oracle."""

    def __init__(self, db: Database, writer: psycopg.Connection[Any], maint: psycopg.Connection[Any]) -> None:
        self.tenant = db.add_tenant("acme", late_horizon=None)
        self.writer, self.maint = writer, maint
        self._db = db
        self._draw = Random(7)
        for number in range(6):
            add_series(writer, self.tenant, number, model=f"m{number % 2}", project=f"p{number}")
        with db.connect("postgres") as conn:
            conn.execute("CREATE SCHEMA oracle")
            conn.execute("GRANT USAGE ON SCHEMA oracle TO hub_maint")
            conn.execute(f"CREATE TABLE {KEPT} AS SELECT * FROM hub.usage_1m")
            conn.execute(f"GRANT SELECT ON {KEPT} TO hub_maint")

    def flush(self, number: int, hours: int = 48) -> None:
        for _ in range(number):
            flush_delta(
                self.writer,
                self.tenant,
                FIRST + timedelta(minutes=self._draw.randrange(hours * 60)),
                self._draw.randrange(7),
                events=self._draw.randrange(9),
                cost_output_pico_usd=self._draw.randrange(10**18),
                ttft_sketch=sketch_encode([self._draw.randrange(10**6)]),
            )
        with self._db.connect("postgres") as conn:
            conn.execute(f"INSERT INTO {KEPT} SELECT * FROM hub.usage_1m EXCEPT ALL SELECT * FROM {KEPT}")

    def close(self, limits: CloserLimits | None = None) -> None:
        assert close_due(self.maint, NOON, limits=limits).complete
        assert marks(self.maint) == (0, 0)

    def drop(self, *levels: str) -> None:
        """What retention leaves behind: the watermarks, and no row before them."""
        with self._db.connect("postgres") as conn, conn.transaction():
            for level in levels:
                conn.execute(f"UPDATE hub.rollup_retention SET {level}_dropped_before = '{DROPPED}'")
                for table in TABLES[level]:
                    conn.execute(f"DELETE FROM hub.{table} WHERE bucket < '{DROPPED}'")

    def assert_hours(self) -> None:
        assert coarse(self.maint, "usage_1h") == summed(self.maint, "hour", KEPT)
        assert facets(self.maint, "usage_1h_facet") == summed_facets(self.maint, "hour", KEPT)

    def assert_days(self, *without: str) -> None:
        assert coarse(self.maint, "usage_1d") == summed(self.maint, "day", KEPT)
        along = summed_facets(self.maint, "day", KEPT).items()
        assert facets(self.maint, "usage_1d_facet") == {
            key: row for key, row in along if key[1] not in without
        }


@contextmanager
def late_world(db: Database) -> Iterator[Late]:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        yield Late(db, writer, maint)


def test_behind_the_minutes_hours_and_days_get_it_added(each_db: Database) -> None:
    with late_world(each_db) as late:
        late.flush(40)
        late.close()
        late.drop("minutes")
        for _ in range(2):
            late.flush(10)
            late.close()
            late.assert_hours()
            late.assert_days()
        assert min(bucket for _, bucket in minute_totals(late.maint)) >= minute("2026-03-02 00:00")


@pytest.mark.parametrize("hours_max", [3, 48])
def test_behind_the_hours_days_get_it_added(each_db: Database, hours_max: int) -> None:
    with late_world(each_db) as late:
        late.flush(40)
        late.close()
        late.drop("minutes", "hours")
        for _ in range(2):
            late.flush(10)
            late.close(CloserLimits(hours_max=hours_max))
            late.assert_days()
            assert min(bucket for _, bucket, _ in coarse(late.maint, "usage_1h")) >= minute(
                "2026-03-02 00:00"
            )
        left = late.maint.execute("SELECT count(*) FROM hub.usage_1m WHERE bucket < %s", [DROPPED]).fetchone()
        assert left == (0,)


def test_the_first_events_of_a_day_behind_the_hours_make_its_facets(db: Database) -> None:
    with late_world(db) as late:
        late.drop("minutes", "hours")
        late.flush(10, hours=24)
        late.close()
        assert gaps(late.maint) == []
        late.assert_days()


def test_a_day_without_a_facet_gets_none_from_what_comes_late(db: Database) -> None:
    with late_world(db) as late:
        late.flush(20, hours=1)
        late.close(CloserLimits(facet_values_max=3))
        assert {dimension for dimension, _ in gaps(late.maint)} == {"project"}
        late.drop("minutes", "hours")
        late.maint.execute("DELETE FROM hub.usage_1d_facet WHERE dimension = 'model'")
        late.flush(5, hours=24)
        late.close()
        assert ("model", FIRST) in gaps(late.maint)
        late.assert_days("project", "model")


def test_hours_are_never_dropped_before_their_minutes(db: Database) -> None:
    with db.connect("hub_maint") as maint, pytest.raises(psycopg.errors.CheckViolation):
        maint.execute("UPDATE hub.rollup_retention SET hours_dropped_before = %s", [DROPPED])
