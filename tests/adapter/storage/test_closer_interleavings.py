"""What no mark forbids is right: random histories of flushes, closing and retention, on both engines.

The oracle keeps every delta and every event, whatever was dropped. After each step, each hour and day without a mark is
compared in every table that still holds it.
"""

import itertools
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics_hub.storage.closer import CloserLimits, close_due
from tests.support.database import Database
from tests.support.deltas import add_series, minute
from tests.support.rollups import (
    coarse,
    facets,
    gaps,
    minute_totals,
    summed,
    summed_facets,
    summed_minutes,
)
from tests.support.user_days import flush_event, summed_users, user_days

FIRST = minute("2026-03-01 00:00")
HOURS = 3 * 24
EMPTIED = (
    "usage_events", "usage_1m", "usage_1h", "usage_1d", "usage_1m_total", "usage_1h_facet", "usage_1d_facet",
    "usage_user_1d", "rollup_facet_gaps", "rollup_marks", "rollup_day_marks",
)  # fmt: skip
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_Key = TypeVar("_Key", bound=tuple[Any, ...])
_Row = TypeVar("_Row")
_numbers = itertools.count(1)

moments = st.integers(0, HOURS * 60 - 1).map(lambda minutes: FIRST + timedelta(minutes=minutes))
# Few hours, so that they come again: at the ends of days, and in the middle of one.
busy_moments = st.sampled_from([0, 1, 23, 24, 30, 47, 48, 71]).map(
    lambda hour: FIRST + timedelta(hours=hour, minutes=7)
)
events = st.tuples(st.integers(0, 5), st.one_of(moments, busy_moments), st.sampled_from(["ann", "bob", None]))
steps = st.one_of(
    st.tuples(st.just("flush"), st.lists(events, min_size=1, max_size=6)),
    st.tuples(st.just("close"), moments, st.sampled_from([1, 3, 48]), st.sampled_from([2, 1000])),
    st.tuples(st.just("drop"), st.sampled_from(["events", "minutes", "hours"]), st.integers(1, 3)),
)


class World:
    """One tenant, everything that was ever flushed, and what the tables hold of it."""

    def __init__(self, db: Database) -> None:
        with db.connect("postgres") as conn:
            conn.execute(f"TRUNCATE {', '.join(f'hub.{table}' for table in EMPTIED)}")
            conn.execute(
                "UPDATE hub.rollup_retention SET minutes_dropped_before = '-infinity',"
                " hours_dropped_before = '-infinity', events_dropped_before = '-infinity'"
            )
            conn.execute("DROP SCHEMA IF EXISTS oracle CASCADE")
            conn.execute("CREATE SCHEMA oracle")
            for table in ("usage_1m", "usage_events"):
                conn.execute(f"CREATE TABLE oracle.{table} AS SELECT * FROM hub.{table}")
        self._db = db
        self._tenant = db.add_tenant(f"acme-{next(_numbers)}", late_horizon=None)
        with db.connect("hub_writer") as writer:
            for number in range(5):  # the sixth is lost
                status = "timeout" if number == 4 else "ok"
                add_series(
                    writer, self._tenant, number, model=f"m{number}", project=f"p{number % 2}", status=status
                )

    def flush(self, drawn: list[tuple[int, datetime, str | None]]) -> None:
        numbers = [next(_numbers) for _ in drawn]
        with self._db.connect("hub_writer") as writer:
            for number, (series, moment, user) in zip(numbers, drawn, strict=True):
                flush_event(writer, self._tenant, moment, user, series, input_tokens=number)
        with self._db.connect("postgres") as conn:
            for table in ("usage_1m", "usage_events"):
                conn.execute(
                    f"INSERT INTO oracle.{table} SELECT * FROM hub.{table} WHERE input_tokens = ANY (%s)",
                    [numbers],
                )

    def close(self, now: datetime, hours_max: int, facet_values_max: int) -> None:
        limits = CloserLimits(hours_max=hours_max, facet_values_max=facet_values_max, copy_rows_max=30)
        with self._db.connect("hub_maint") as maint:
            close_due(maint, now, limits=limits)

    def drop(self, level: str, days: int) -> None:
        """As retention does; it refuses while something before is not closed, or hours whose minutes are kept."""
        with self._db.connect("hub_maint") as maint:
            try:
                maint.execute("SELECT hub.drop_before(%s, %s)", [level, FIRST + days * _DAY])
            except (psycopg.errors.ObjectNotInPrerequisiteState, psycopg.errors.CheckViolation):
                return

    def compare(self) -> None:
        with self._db.connect("postgres") as conn:
            marked = {hour for (hour,) in conn.execute("SELECT hour FROM hub.rollup_marks")}
            marked_days = {day for (day,) in conn.execute("SELECT day FROM hub.rollup_day_marks")}
            row = conn.execute(
                "SELECT greatest(minutes_dropped_before, %(first)s), greatest(hours_dropped_before, %(first)s)"
                " FROM hub.rollup_retention",
                {"first": FIRST},
            ).fetchone()
            assert row is not None
            minutes_from, hours_from = row
            without = set(gaps(conn))
            marked_days |= {hour.replace(hour=0) for hour in marked}
            day_without = {(dimension, hour.replace(hour=0)) for dimension, hour in without}

            def is_hour(hour: datetime) -> bool:
                return hour >= hours_from and hour not in marked

            def is_day(day: datetime) -> bool:
                return day not in marked_days

            deltas = "oracle.usage_1m"
            same(coarse(conn, "usage_1h"), summed(conn, "hour", deltas), lambda key: is_hour(key[1]))
            same(
                facets(conn, "usage_1h_facet"),
                summed_facets(conn, "hour", deltas),
                lambda key: is_hour(key[2]) and (key[1], key[2]) not in without,
            )
            same(
                minute_totals(conn),
                summed_minutes(conn, deltas),
                lambda key: key[1] >= minutes_from and is_hour(key[1].replace(minute=0)),
            )
            same(coarse(conn, "usage_1d"), summed(conn, "day", deltas), lambda key: is_day(key[1]))
            same(
                facets(conn, "usage_1d_facet"),
                summed_facets(conn, "day", deltas),
                lambda key: is_day(key[2]) and (key[1], key[2]) not in day_without,
            )
            same(user_days(conn), summed_users(conn, "oracle.usage_events"), lambda key: is_day(key[1]))


def same(held: Mapping[_Key, _Row], wanted: Mapping[_Key, _Row], counts: Callable[[_Key], bool]) -> None:
    assert {key: row for key, row in held.items() if counts(key)} == {
        key: row for key, row in wanted.items() if counts(key)
    }


@pytest.mark.timeout(900)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=st.lists(steps, min_size=1, max_size=12))
def test_what_no_mark_forbids_is_right_after_every_step(
    each_db: Database, history: list[tuple[Any, ...]]
) -> None:
    world = World(each_db)
    for name, *drawn in history:
        getattr(world, name)(*drawn)
        world.compare()
    # Everything ends closed and exact.
    world.close(FIRST + timedelta(days=9), 48, 1000)
    world.compare()
    assert_nothing_is_marked(each_db)


def assert_nothing_is_marked(db: Database) -> None:
    with db.connect("hub_maint") as maint:
        query = "SELECT (SELECT count(*) FROM hub.rollup_marks) + (SELECT count(*) FROM hub.rollup_day_marks)"
        assert maint.execute(query).fetchone() == (0,)
