"""Facets, minutes of the whole tenant and gaps, on hand-made deltas: always what the minute rows add up to."""

from datetime import timedelta
from random import Random

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
    summed_minutes,
)

NOON = minute("2026-03-02 12:00")
MORNING = minute("2026-03-01 10:07")


def assert_exact(maint: psycopg.Connection[object]) -> None:
    """Nothing is marked, and every table equals the sum of the minute rows."""
    assert marks(maint) == (0, 0)
    assert coarse(maint, "usage_1h") == summed(maint, "hour")
    assert coarse(maint, "usage_1d") == summed(maint, "day")
    assert minute_totals(maint) == summed_minutes(maint)
    without_facet = {(dimension, hour) for dimension, hour in gaps(maint)}
    hours = {key: row for key, row in summed_facets(maint, "hour").items() if key[1:3] not in without_facet}
    assert facets(maint, "usage_1h_facet") == hours
    days_without = {(dimension, hour.replace(hour=0)) for dimension, hour in without_facet}
    days = {key: row for key, row in summed_facets(maint, "day").items() if key[1:3] not in days_without}
    assert facets(maint, "usage_1d_facet") == days


def add_history(db: Database, writer: psycopg.Connection[object], slug: str, seed: int) -> int:
    """A tenant with a dozen series, one of which is lost, and deltas over two days."""
    tenant = db.add_tenant(slug, late_horizon=None)
    draw = Random(seed)
    for number in range(12):
        add_series(
            writer,
            tenant,
            number,
            model=f"m{number % 3}",
            project=f"p{number % 5}",
            status=["ok", "timeout"][number % 2],
        )
    for _ in range(60):
        at = minute("2026-02-28 00:00") + timedelta(minutes=draw.randrange(2 * 24 * 60))
        flush_delta(
            writer,
            tenant,
            at,
            draw.randrange(13),
            events=draw.randrange(9),
            errors=draw.randrange(3),
            cost_input_pico_usd=draw.randrange(10**18),
            latency_sketch=sketch_encode([draw.randrange(10**6) for _ in range(3)]),
        )
    return tenant


def test_every_table_equals_the_minutes_on_both_engines(each_db: Database) -> None:
    with each_db.connect("hub_writer") as writer, each_db.connect("hub_maint") as maint:
        for seed, slug in enumerate(["one", "two"]):
            add_history(each_db, writer, slug, seed)
        close_due(maint, NOON)
        assert gaps(maint) == []
        assert_exact(maint)


def test_late_rows_change_every_table_on_both_engines(each_db: Database) -> None:
    with each_db.connect("hub_writer") as writer, each_db.connect("hub_maint") as maint:
        tenant = add_history(each_db, writer, "acme", 1)
        for series in (1, 2, 13):
            close_due(maint, NOON)
            flush_delta(writer, tenant, MORNING, series, events=5, input_tokens=7)
        flush_delta(writer, tenant, MORNING, 1, kind=1, events=-5, input_tokens=-7)
        close_due(maint, NOON)
        assert_exact(maint)


@pytest.mark.parametrize("copy_rows_max", [1, 40])
def test_short_streams_change_nothing(db: Database, copy_rows_max: int) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        add_history(db, writer, "acme", 2)
        limits = CloserLimits(copy_rows_max=copy_rows_max, copy_bytes_max=1, hours_max=5)
        close_due(maint, NOON, limits=limits)
        assert_exact(maint)


def test_a_dimension_with_too_many_values_gets_a_gap(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = db.add_tenant("acme")
        for number in range(4):
            add_series(writer, tenant, number, project=f"p{number}", model=f"m{number % 3}")
            flush_delta(writer, tenant, MORNING, number, events=1)
        flush_delta(writer, tenant, MORNING + timedelta(hours=1), 0, events=1)
        close_due(maint, NOON, limits=CloserLimits(facet_values_max=3))
        assert gaps(maint) == [("project", minute("2026-03-01 10:00"))]
        assert_exact(maint)
        assert {key[1] for key in facets(maint, "usage_1d_facet")} == {
            "", "provider", "provider_account", "model", "operation", "service_tier", "environment", "status",
        }  # fmt: skip


def test_a_late_value_makes_a_gap(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant, limits = db.add_tenant("acme"), CloserLimits(facet_values_max=2)
        for number in range(3):
            add_series(writer, tenant, number, model=f"m{number}")
        for number in range(3):
            flush_delta(writer, tenant, MORNING, number, events=1)
            close_due(maint, NOON, limits=limits)
            assert len(gaps(maint)) == (1 if number == 2 else 0)
            assert_exact(maint)


def test_a_wider_bound_removes_the_gap_when_the_hour_is_closed_again(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = db.add_tenant("acme")
        for number in range(3):
            add_series(writer, tenant, number, model=f"m{number}")
            flush_delta(writer, tenant, MORNING, number, events=1)
        close_due(maint, NOON, limits=CloserLimits(facet_values_max=2))
        assert len(gaps(maint)) == 1
        flush_delta(writer, tenant, MORNING, 1, events=1)
        close_due(maint, NOON)
        assert gaps(maint) == []
        assert_exact(maint)


def test_a_lost_series_counts_as_a_value_of_its_own(db: Database) -> None:
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        tenant = db.add_tenant("acme")
        for number in range(2):
            add_series(writer, tenant, number, model=f"m{number}", status="ok")
        for number in range(3):
            flush_delta(writer, tenant, MORNING, number, events=1)
        close_due(maint, NOON, limits=CloserLimits(facet_values_max=2))
        assert gaps(maint) == [("model", minute("2026-03-01 10:00"))]
        assert_exact(maint)
