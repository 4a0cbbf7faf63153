"""The closer on hand-made deltas: exact after every step, and it deletes only what it read."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.advisory import LockClass
from analytics_hub.storage.closer import CloserLimits, close_due
from analytics_hub.storage.statements import statements
from rust_core import sketch_encode
from tests.support.database import Database
from tests.support.deltas import add_mark, flush_delta, minute
from tests.support.rollups import (
    coarse,
    facets,
    marks,
    minute_totals,
    summed,
    summed_facets,
    summed_minutes,
)

NOON = minute("2026-03-02 12:00")


def test_an_hour_that_is_over_becomes_one_row_a_series(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        flush_delta(writer, tenant, minute("2026-03-02 10:07"), 1, events=3, input_tokens=30)
        flush_delta(
            writer, tenant, minute("2026-03-02 10:07"), 1, events=2, input_tokens=5, cost_input_pico_usd=7
        )
        flush_delta(writer, tenant, minute("2026-03-02 10:59"), 1, events=1, kind=1, input_tokens=-3)
        flush_delta(writer, tenant, minute("2026-03-02 10:08"), 2, events=9, latency_us_sum=10**15)
        report = close_due(maint, NOON)
        assert (report.hours, report.days, report.complete) == (1, 0, True)
        assert coarse(maint, "usage_1h") == summed(maint, "hour")
        assert len(coarse(maint, "usage_1h")) == 2


def test_sketches_are_merged_into_canonical_form(db: Database) -> None:
    tenant = db.add_tenant("acme")
    first, second = [1_000, 20_000, 20_000], [5, 20_000, 7_000_000]
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        for values in (first, second):
            flush_delta(writer, tenant, minute("2026-03-01 10:07"), latency_sketch=sketch_encode(values))
        close_due(maint, NOON)
        for table in ("usage_1h", "usage_1d"):
            (row,) = coarse(maint, table).values()
            assert row["latency_sketch"] == sketch_encode(first + second)
            assert row["ttft_sketch"] == b""


def test_the_running_hour_stays_open(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        flush_delta(writer, tenant, minute("2026-03-02 11:00"), events=1)
        assert close_due(maint, minute("2026-03-02 11:59")).hours == 0
        assert coarse(maint, "usage_1h") == {}
        assert close_due(maint, minute("2026-03-02 12:00")).hours == 1


def test_an_open_day_is_marked_and_a_day_that_is_over_is_summed(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        flush_delta(writer, tenant, minute("2026-03-02 10:07"), events=3)
        close_due(maint, NOON)
        assert (marks(maint), coarse(maint, "usage_1d")) == ((0, 1), {})
        report = close_due(maint, minute("2026-03-03 00:00"))
        assert (report.hours, report.days) == (0, 1)
        assert marks(maint) == (0, 0)
        assert coarse(maint, "usage_1d") == summed(maint, "day")


def test_a_late_event_opens_its_hour_and_day_again(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        for _ in range(2):
            flush_delta(writer, tenant, minute("2026-03-01 10:07"), events=3)
            report = close_due(maint, NOON)
            assert (report.hours, report.days) == (1, 1)
            assert coarse(maint, "usage_1h") == summed(maint, "hour")
            assert coarse(maint, "usage_1d") == summed(maint, "day")


def test_a_long_history_is_closed_in_bounded_transactions(db: Database) -> None:
    tenant = db.add_tenant("acme", late_horizon=None)
    start = minute("2026-01-01 00:30")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        for hour in range(60):
            flush_delta(writer, tenant, start + timedelta(hours=hour), hour % 3, events=hour)
        report = close_due(maint, NOON, limits=CloserLimits(hours_max=7))
        assert (report.hours, report.days, report.complete) == (60, 3, True)
        assert report.transactions >= 9
        assert coarse(maint, "usage_1h") == summed(maint, "hour")
        assert coarse(maint, "usage_1d") == summed(maint, "day")
        assert marks(maint) == (0, 0)


def test_a_bounded_call_says_that_it_is_not_complete(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        flush_delta(writer, tenant, minute("2026-03-01 10:07"), events=3)
        flush_delta(writer, tenant, minute("2026-03-01 11:07"), events=3)
        report = close_due(maint, NOON, limits=CloserLimits(hours_max=1, transactions_max=1))
        assert (report.hours, report.complete) == (1, False)


def test_tenants_take_turns(db: Database) -> None:
    tenants = [db.add_tenant("big"), db.add_tenant("small")]
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        for hour in range(10):
            flush_delta(writer, tenants[0], minute("2026-03-01 00:10") + timedelta(hours=hour), events=1)
        flush_delta(writer, tenants[1], minute("2026-03-01 08:10"), events=5)
        close_due(maint, NOON, limits=CloserLimits(hours_max=2, transactions_max=2))
        assert {key[0] for key in coarse(maint, "usage_1h")} == set(tenants)


def test_one_tenant_can_be_closed_alone(db: Database) -> None:
    ours, theirs = TenantId(db.add_tenant("ours")), db.add_tenant("theirs")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        flush_delta(writer, ours, minute("2026-03-01 10:07"), events=3)
        flush_delta(writer, theirs, minute("2026-03-01 10:07"), events=3)
        close_due(maint, NOON, ours)
        assert {key[0] for key in coarse(maint, "usage_1h")} == {ours}
        assert marks(maint) == (1, 0)


def test_a_tenant_that_another_closer_holds_is_left_to_it(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    with (
        db.connect("hub_writer") as writer,
        db.connect("hub_maint") as maint,
        db.connect("hub_maint") as other,
    ):
        flush_delta(writer, tenant, minute("2026-03-01 10:07"), events=3)
        with other.transaction():
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LockClass.CLOSER, tenant])
            report = close_due(maint, NOON)
        assert (report.busy, report.hours, report.complete) == ((tenant,), 0, False)
        assert close_due(maint, NOON).hours == 1


def test_an_hour_whose_minutes_are_gone_gets_what_came_late_added(db: Database) -> None:
    tenant = db.add_tenant("acme", late_horizon=None)
    early = sketch_encode([10_000])
    with (
        db.connect("hub_writer") as writer,
        db.connect("hub_maint") as maint,
        db.connect("hub_owner") as owner,
    ):
        flush_delta(writer, tenant, minute("2026-03-01 10:07"), events=3, latency_sketch=early)
        close_due(maint, NOON)
        owner.execute("TRUNCATE hub.usage_1m")
        maint.execute("UPDATE hub.rollup_retention SET minutes_dropped_before = '2026-03-02 00:00Z'")
        flush_delta(
            writer, tenant, minute("2026-03-01 10:30"), events=2, latency_sketch=sketch_encode([30_000])
        )
        flush_delta(writer, tenant, minute("2026-03-01 11:30"), events=7)
        close_due(maint, NOON)
        assert maint.execute("SELECT count(*) FROM hub.usage_1m").fetchone() == (0,)
        assert [row["events"] for row in coarse(maint, "usage_1h").values()] == [5, 7]
        (day,) = coarse(maint, "usage_1d").values()
        assert (day["events"], day["latency_sketch"]) == (12, sketch_encode([10_000, 30_000]))
        assert marks(maint) == (0, 0)


def test_a_mark_without_deltas_is_cleared(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        add_mark(writer, tenant, minute("2026-03-01 10:07"))
        assert close_due(maint, NOON).hours == 1
        assert (marks(maint), coarse(maint, "usage_1h")) == ((0, 0), {})


def test_closing_with_nothing_due_does_nothing(db: Database) -> None:
    with db.connect("hub_maint") as maint:
        assert close_due(maint, NOON).transactions == 0


def test_a_snapshot_from_before_another_closer_is_refused(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with (
        db.connect("hub_writer") as writer,
        db.connect("hub_maint") as maint,
        db.connect("hub_maint") as stale,
    ):
        flush_delta(writer, tenant, minute("2026-03-01 10:07"), events=3)
        stale.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert marks(stale) == (1, 0)
        close_due(maint, NOON)
        with pytest.raises(psycopg.errors.SerializationFailure):
            stale.execute(
                statements("closer")["delete_marks"],
                {"tenant_id": tenant, "hours": [minute("2026-03-01 10:00")]},
            )


def test_closers_and_writers_at_once_end_exact(each_db: Database) -> None:
    tenants = [each_db.add_tenant("one"), each_db.add_tenant("two")]

    def write(seed: int) -> None:
        draw = random.Random(seed)
        with each_db.connect("hub_writer") as writer:
            for _ in range(40):
                at = minute("2026-02-28 22:00") + timedelta(minutes=draw.randrange(240))
                flush_delta(writer, draw.choice(tenants), at, draw.randrange(3), events=draw.randrange(9))

    def close() -> None:
        with each_db.connect("hub_maint") as maint:
            for _ in range(15):
                close_due(maint, NOON, limits=CloserLimits(hours_max=2, retries_max=50))

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(write, 1), pool.submit(write, 2), pool.submit(close), pool.submit(close)]
        for job in jobs:
            job.result()
    with each_db.connect("hub_maint") as maint:
        close_due(maint, NOON)
        assert coarse(maint, "usage_1h") == summed(maint, "hour")
        assert coarse(maint, "usage_1d") == summed(maint, "day")
        assert facets(maint, "usage_1h_facet") == summed_facets(maint, "hour")
        assert facets(maint, "usage_1d_facet") == summed_facets(maint, "day")
        assert minute_totals(maint) == summed_minutes(maint)
        assert marks(maint) == (0, 0)


def test_a_long_history_gets_its_statistics_at_once(db: Database) -> None:
    tenant = db.add_tenant("acme", late_horizon=None)
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        for hour in range(24):
            flush_delta(writer, tenant, minute("2026-01-01 00:30") + timedelta(hours=hour), events=1)
        close_due(maint, NOON)
        query = "SELECT reltuples FROM pg_class WHERE oid = 'hub.usage_1h'::regclass"
        assert maint.execute(query).fetchone() == (24,)
