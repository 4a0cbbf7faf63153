"""Traps of reading through the barrier: what the planner must be able to do on both engines."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_transaction
from tests.support.database import Database
from tests.support.deltas import add_delta, ensure_day, minute
from tests.support.stored_events import add_event

DAYS = [minute(f"2026-03-0{day} 10:07") for day in range(1, 8)]
WINDOW = {"start": minute("2026-03-03 09:00"), "end": minute("2026-03-03 11:00")}


@pytest.fixture
def tenant(each_db: Database) -> TenantId:
    """A week of events and minutes: a day is a partition or a chunk of each."""
    found = TenantId(each_db.add_tenant("acme"))
    with each_db.connect("hub_writer") as writer:
        for day in DAYS:
            ensure_day(writer, day)
            for second in range(50):
                add_event(writer, found, day + timedelta(seconds=second))
            add_delta(writer, found, day, events=50)
    with each_db.connect("hub_owner") as owner:
        owner.execute("ANALYZE hub.usage_events, hub.usage_1m")
    return found


def plan(db: Database, tenant: TenantId, query: str) -> list[dict[str, Any]]:
    """Every node of the plan that the reader gets."""
    with db.connect("hub_reader") as conn, tenant_transaction(conn, tenant) as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        row = cursor.execute(f"EXPLAIN (FORMAT JSON) {query}", WINDOW).fetchone()
    assert row is not None
    found = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return list(_nodes(found[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from _nodes(inner)


def parts_read(nodes: list[dict[str, Any]]) -> set[str]:
    """Partitions or chunks; TimescaleDB's node above them names the whole table."""
    return {
        node["Relation Name"]
        for node in nodes
        if "Relation Name" in node and node["Node Type"] != "Custom Scan"
    }


@pytest.mark.parametrize(("view", "column"), [("usage_events", "ts"), ("usage_1m", "bucket")])
def test_a_bounded_window_reads_its_day_only(
    each_db: Database, tenant: TenantId, view: str, column: str
) -> None:
    nodes = plan(
        each_db,
        tenant,
        f"SELECT * FROM hub_read.{view} WHERE {column} >= %(start)s::timestamptz AND {column} < %(end)s::timestamptz",
    )
    assert len(parts_read(nodes)) == 1


def test_the_last_events_of_a_window_come_by_an_index(each_db: Database, tenant: TenantId) -> None:
    nodes = plan(
        each_db,
        tenant,
        """SELECT * FROM hub_read.usage_events WHERE ts >= %(start)s::timestamptz AND ts < %(end)s::timestamptz
           ORDER BY ts DESC LIMIT 10""",
    )
    conditions = [node["Index Cond"] for node in nodes if "Index Cond" in node]
    # The window is inside the index condition: it passed the barrier.
    assert len(parts_read(nodes)) == 1
    assert any("ts >=" in condition and "tenant_id" in condition for condition in conditions)


def test_no_view_hides_its_time_behind_an_expression(each_db: Database) -> None:
    with each_db.connect("hub_owner") as conn:
        query = "SELECT viewname FROM pg_views WHERE schemaname = 'hub_read' AND definition ~ 'date_bin|time_bucket'"
        assert conn.execute(query).fetchall() == []


def test_a_reader_plans_for_its_values_and_compiles_nothing(each_db: Database) -> None:
    with each_db.connect("hub_reader") as conn:
        query = "SELECT current_setting('jit'), current_setting('plan_cache_mode')"
        assert conn.execute(query).fetchone() == ("off", "force_custom_plan")


def test_statistics_exist_after_a_bulk_load(each_db: Database) -> None:
    with each_db.connect("hub_writer") as writer:
        writer.execute(
            "INSERT INTO hub.series (tenant_id, series_id, model) "
            "SELECT 1, n, n::text FROM generate_series(1, 500) AS n"
        )
    with each_db.connect("hub_maint") as maint:
        assert maint.execute("SELECT hub.refresh_statistics()").fetchone() == (True,)
        known = "SELECT reltuples FROM pg_class WHERE oid = 'hub.series'::regclass"
        assert maint.execute(known).fetchone() == (500,)


@pytest.mark.timescale
def test_the_internal_schema_of_timescaledb_stays_usable(timescale_db: Database) -> None:
    # Revoked, reads through the views fail; chunks are refused anyway (test_timescale.py).
    with timescale_db.connect("hub_reader") as conn:
        query = "SELECT has_schema_privilege('hub_reader', '_timescaledb_internal', 'USAGE')"
        assert conn.execute(query).fetchone() == (True,)
