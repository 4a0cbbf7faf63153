"""The schema and the native core agree on columns: a binary COPY knows them by position alone."""

import re

import pytest

import rust_core
from analytics_hub.storage.closer.copying import Replacement
from analytics_hub.storage.closer.days import DAYS
from analytics_hub.storage.closer.facets import DAY_FACETS, HOUR_FACETS
from analytics_hub.storage.closer.hours import HOURS, LATE_HOURS, MINUTE_TOTALS
from analytics_hub.storage.closer.late_days import LATE_DAY_FACETS, LATE_DAYS
from analytics_hub.storage.statements import statements
from tests.support.database import Database
from tests.support.deltas import MEASURES


def columns(db: Database, table: str) -> list[str]:
    with db.connect("hub_owner") as conn:
        query = """SELECT attname FROM pg_attribute
                   WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
        return [name for (name,) in conn.execute(query, [f"hub.{table}"])]


@pytest.mark.parametrize(
    ("table", "encoded"),
    [
        ("usage_events", rust_core.EVENT_COLUMNS),
        ("usage_1m", rust_core.DELTA_COLUMNS),
        ("series", ("tenant_id", "series_id", *rust_core.SERIES_COLUMNS, "tags")),
    ],
)
def test_the_core_encodes_the_columns_of(db: Database, table: str, encoded: tuple[str, ...]) -> None:
    assert columns(db, table) == list(encoded)


@pytest.mark.parametrize("table", ["usage_1h", "usage_1d"])
def test_coarse_tables_have_the_columns_of_the_minutes(db: Database, table: str) -> None:
    assert columns(db, table) == [name for name in columns(db, "usage_1m") if name != "kind"]


WRITTEN = [
    (HOURS, "usage_1h"),
    (LATE_HOURS, "usage_1h"),
    (MINUTE_TOTALS, "usage_1m_total"),
    (HOUR_FACETS, "usage_1h_facet"),
    (DAYS, "usage_1d"),
    (LATE_DAYS, "usage_1d"),
    (DAY_FACETS, "usage_1d_facet"),
    (LATE_DAY_FACETS, "usage_1d_facet"),
]


@pytest.mark.parametrize(("rows", "table"), WRITTEN)
def test_the_closer_writes_every_column_in_order(db: Database, rows: Replacement, table: str) -> None:
    found = re.search(rf"hub\.{table} \(([^)]*)\)", rows.write)
    assert found is not None
    assert [name.strip() for name in found[1].split(",")] == columns(db, table)


@pytest.mark.parametrize(("rows", "table"), WRITTEN)
def test_the_closer_knows_where_the_sketches_are(db: Database, rows: Replacement, table: str) -> None:
    names = columns(db, table)
    assert [names[at] for at in rows.sketch_columns] == ["latency_sketch", "ttft_sketch"]


@pytest.mark.parametrize("write", ["insert_user_day", "add_user_day"])
def test_the_closer_writes_every_column_of_a_users_day(db: Database, write: str) -> None:
    found = re.search(r"INSERT INTO hub\.usage_user_1d \(([^)]*)\)", statements("closer_users")[write])
    assert found is not None
    assert [name.strip() for name in found[1].split(",")] == columns(db, "usage_user_1d")


def test_hand_made_deltas_know_every_measure(db: Database) -> None:
    assert columns(db, "usage_1h")[3:] == list(MEASURES)


def test_views_show_the_columns_of_their_tables(db: Database) -> None:
    with db.connect("hub_owner") as conn:
        query = "SELECT relname FROM pg_class WHERE relnamespace = 'hub_read'::regnamespace ORDER BY 1"
        views = [name for (name,) in conn.execute(query)]
        hidden = {
            (view, column)
            for view in views
            for column in set(columns(db, view))
            - {
                name
                for (name,) in conn.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass", [f"hub_read.{view}"]
                )
            }
        }
    assert hidden == {("api_keys", "key_hash"), ("rollup_marks", "flush_id"), ("rollup_retention", "one")}
