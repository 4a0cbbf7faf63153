"""The whole way of a question on a real database: marks, plan, SQL, quantiles, answer."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

import rust_core
from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.errors import InvalidInput, TooMuch, TryLater
from analytics_hub.domain.plan import Level, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.storage.closer import close_due
from analytics_hub.storage.reader_pool import open_reader_pool
from analytics_hub.storage.usage_store import PostgresUsageStore
from tests.support.database import Database
from tests.support.deltas import add_series, flush_delta, minute
from tests.support.services import open_services


@pytest.fixture
def db(each_db: Database) -> Database:
    """Every question on either engine."""
    return each_db


def ask(db: Database, tenant: int, start: str, end: str, **asked: Any) -> UsageAnswer:
    async def main() -> UsageAnswer:
        async with open_services(db.reader_dsn) as services:
            edges = datetime.fromisoformat(start), datetime.fromisoformat(end)
            return await services.usage.ask(UsageQuery.ask(TenantId(tenant), *edges, **asked))

    return asyncio.run(main())


def by_group(answer: UsageAnswer, metric: str) -> dict[tuple[str, ...], Any]:
    return {tuple(series.group.values()): series.total[metric] for series in answer.series}


def by_start(answer: UsageAnswer, metric: str) -> dict[str, Any]:
    return {
        f"{point.start.astimezone(answer.query.zone):%m-%dT%H:%M%z}": point.values[metric]
        for series in answer.series
        for point in series.points
    }


def close(db: Database, now: str) -> None:
    with db.connect("hub_maint") as connection:
        close_due(connection, datetime.fromisoformat(now))


def fill(db: Database, slug: str = "acme") -> int:
    """Three series over two days: events at 10:07 and 23:59 of the first, 00:00 of the second."""
    tenant = db.add_tenant(slug)
    with db.connect("hub_maint") as connection:
        connection.execute("UPDATE hub.tenants SET declared_tags = '{team}' WHERE tenant_id = %s", [tenant])
    with db.connect("hub_writer") as writer:
        add_series(writer, tenant, 1, provider="openai", model="gpt-4o", tags='{"team": "red"}')
        add_series(writer, tenant, 2, provider="openai", model="o3", tags='{"team": "blue"}')
        add_series(writer, tenant, 3, provider="anthropic", model="sonnet")
        flush_delta(writer, tenant, minute("2026-11-01 10:07"), 1, events=4, errors=1, input_tokens=100)
        flush_delta(writer, tenant, minute("2026-11-01 23:59"), 2, events=2, cost_input_pico_usd=1_500_000)
        flush_delta(
            writer, tenant, minute("2026-11-02 00:00"), 3, events=1, unpriced_events=1, output_tokens=7
        )
        flush_delta(writer, tenant, minute("2026-11-02 00:00"), 1, events=8, cost_output_pico_usd=10**12)
    return tenant


RANGE = ("2026-11-01T00:00+00:00", "2026-11-03T00:00+00:00")


def test_totals_coverage_and_money_are_exact(db: Database) -> None:
    answer = ask(db, fill(db), *RANGE)
    assert answer.total == {"events": 15, "errors": 1, "total_tokens": 107, "cost_usd": "1.0000015"}
    assert (answer.coverage.events, answer.coverage.unpriced_events) == (15, 1)
    assert not answer.series[0].points


def test_groups_come_in_order_and_the_rest_is_one_series(db: Database) -> None:
    answer = ask(db, fill(db), *RANGE, group_by=["model"], order="-events", limit=1)
    assert [(series.group, series.other, series.total["events"]) for series in answer.series] == [
        ({"model": "gpt-4o"}, False, 12),
        ({}, True, 3),
    ]
    assert answer.total["events"] == 15


def test_an_ascending_order_puts_the_least_first(db: Database) -> None:
    answer = ask(db, fill(db), *RANGE, group_by=["provider", "model"], order="events")
    assert list(by_group(answer, "events").items()) == [
        (("anthropic", "sonnet"), 1),
        (("openai", "o3"), 2),
        (("openai", "gpt-4o"), 12),
    ]


def test_a_tag_groups_and_filters_and_missing_is_empty(db: Database) -> None:
    tenant = fill(db)
    assert by_group(ask(db, tenant, *RANGE, group_by=["tag.team"]), "events") == {
        ("red",): 12,
        ("blue",): 2,
        ("",): 1,
    }
    assert ask(db, tenant, *RANGE, filters={"tag.team": ["blue", ""]}).total["events"] == 3


def test_filters_of_several_dimensions_all_hold(db: Database) -> None:
    chosen: Mapping[str, list[str]] = {"provider": ["openai"], "model": ["o3", "sonnet"]}
    assert ask(db, fill(db), *RANGE, filters=chosen).total["events"] == 2


def test_a_filter_that_matches_nothing_answers_zero(db: Database) -> None:
    answer = ask(
        db, fill(db), *RANGE, filters={"model": ["absent"]}, metrics=["events", "cost_usd", "error_rate"]
    )
    assert answer.total == {"events": 0, "cost_usd": "0.00", "error_rate": None}
    assert answer.coverage.event_share is None


def test_an_undeclared_tag_is_refused_rather_than_found_nowhere(db: Database) -> None:
    with pytest.raises(InvalidInput, match="undeclared_tag"):
        ask(db, fill(db), *RANGE, group_by=["tag.squad"])


def test_another_tenant_sees_nothing_of_it(db: Database) -> None:
    fill(db)
    other = db.add_tenant("other")
    answer = ask(db, other, *RANGE, group_by=["model"])
    assert answer.series == ()
    assert answer.coverage.events == 0


def test_the_answer_stays_the_same_when_hours_and_days_are_closed(db: Database) -> None:
    tenant = fill(db)
    before = ask(db, tenant, *RANGE, interval="1h", group_by=["model"])
    assert {read.level for read in before.levels} == {Level.FACET_HOUR, Level.MINUTE}
    close(db, "2026-11-02T05:00+00:00")
    after = ask(db, tenant, *RANGE, interval="1h", group_by=["model"])
    assert {read.level for read in after.levels} == {Level.FACET_HOUR}
    assert (after.series, after.total) == (before.series, before.total)
    whole = ask(db, tenant, *RANGE)
    assert [(read.level, read.minutes) for read in whole.levels] == [
        (Level.FACET_DAY, 1440),
        (Level.FACET_HOUR, 1440),
    ]
    assert whole.total == before.total
    by_minute = ask(db, tenant, *RANGE, interval="15m")
    assert {read.level for read in by_minute.levels} == {Level.TOTAL_MINUTE}
    assert by_minute.total == before.total


def test_what_facets_say_is_what_series_say(db: Database) -> None:
    tenant = fill(db)
    close(db, "2026-11-04T00:00+00:00")

    def answers() -> list[UsageAnswer]:
        metrics = ["events", "cost_usd", "latency_max_ms"]
        return [
            ask(db, tenant, *RANGE, interval=interval, group_by=["model"], limit=2, metrics=metrics)
            for interval in ("none", "1d", "1h")
        ]

    by_facet = answers()
    with db.connect("hub_maint") as maint:
        maint.execute(
            "INSERT INTO hub.rollup_facet_gaps SELECT DISTINCT tenant_id, 'model', bucket FROM hub.usage_1h"
        )
    by_series = answers()
    assert [level_names(one) for one in by_facet] == [
        {"usage_1d_facet"},
        {"usage_1d_facet"},
        {"usage_1h_facet"},
    ]
    assert [one.series for one in by_facet] == [one.series for one in by_series]


def level_names(answer: UsageAnswer) -> set[str]:
    return {read.level.value for read in answer.levels}


def test_a_long_answer_read_in_parts_is_whole(db: Database) -> None:
    tenant = fill(db)
    asked: dict[str, Any] = {"interval": "1h", "group_by": ["model"], "limit": 1, "metrics": ["events"]}
    before = ask(db, tenant, *RANGE, **asked)
    close(db, "2026-11-04T00:00+00:00")
    after = ask(db, tenant, *RANGE, **asked)
    at_once = ask(db, tenant, *RANGE, **asked | {"metrics": ["events", "latency_p50_ms"]})
    assert after.series == before.series
    assert [one.total["events"] for one in after.series] == [one.total["events"] for one in at_once.series]
    assert after.total["events"] == at_once.total["events"] == 15


def test_the_period_before_is_read_from_the_same_tables(db: Database) -> None:
    tenant = fill(db)
    answer = ask(
        db, tenant, "2026-11-02T00:00Z", "2026-11-03T00:00Z", group_by=["model"], limit=1, compare="previous"
    )
    assert answer.previous
    assert (answer.total["events"], answer.previous.total["events"]) == (9, 6)
    assert sum(int(one.previous.total["events"] or 0) for one in answer.series if one.previous) == 6


def test_a_late_event_is_counted_at_once(db: Database) -> None:
    tenant = fill(db)
    close(db, "2026-11-04T00:00+00:00")
    with db.connect("hub_writer") as writer:
        flush_delta(writer, tenant, minute("2026-11-01 10:30"), 1, events=100)
    assert ask(db, tenant, *RANGE).total["events"] == 115
    assert by_start(ask(db, tenant, *RANGE, interval="day"), "events") == {
        "11-01T00:00+0000": 106,
        "11-02T00:00+0000": 9,
    }


def test_days_of_a_zone_hold_the_events_of_its_wall_clock(db: Database) -> None:
    tenant = fill(db)
    new_york = ask(
        db, tenant, "2026-10-31T00:00-04:00", "2026-11-04T00:00-05:00", interval="1d", tz="America/New_York"
    )
    assert by_start(new_york, "events") == {"11-01T00:00-0400": 15}
    kolkata = ask(
        db, tenant, "2026-11-01T00:00+05:30", "2026-11-03T00:00+05:30", interval="1d", tz="Asia/Kolkata"
    )
    assert by_start(kolkata, "events") == {"11-01T00:00+0530": 4, "11-02T00:00+0530": 11}


def test_weeks_begin_on_monday_and_months_on_their_first(db: Database) -> None:
    tenant = fill(db)
    assert by_start(ask(db, tenant, *RANGE, interval="week"), "events") == {
        "10-26T00:00+0000": 6,
        "11-02T00:00+0000": 9,
    }
    assert by_start(ask(db, tenant, *RANGE, interval="month"), "events") == {"11-01T00:00+0000": 15}


def test_percentiles_are_those_of_all_events_together(db: Database) -> None:
    tenant = db.add_tenant("acme")
    slow, fast = [2_000_000] * 10, [100_000] * 90
    with db.connect("hub_writer") as writer:
        for at, values in (("2026-11-01 10:07", slow), ("2026-11-01 11:59", fast)):
            flush_delta(
                writer,
                tenant,
                minute(at),
                events=len(values),
                latency_sketch=rust_core.sketch_encode(values),
                latency_us_sum=sum(values),
                latency_count=len(values),
            )
    close(db, "2026-11-01T11:30+00:00")
    asked = [
        "latency_p50_ms",
        "latency_p90_ms",
        "latency_p95_ms",
        "latency_avg_ms",
        "ttft_p50_ms",
        "ttft_avg_ms",
    ]
    total = ask(db, tenant, *RANGE, metrics=asked).total
    expected = [100.0, 100.0, 2000.0, 290.0]
    for value, exact in zip(list(total.values())[:4], expected, strict=True):
        assert value == pytest.approx(exact, rel=0.02)
    assert total["ttft_p50_ms"] is None
    assert total["ttft_avg_ms"] is None


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_the_database_cuts_buckets_where_the_edges_are(db: Database, zone: str) -> None:
    tenant = db.add_tenant("acme")
    start = minute("2026-10-03 00:00")
    moments = [start + timedelta(hours=13 * n, minutes=(13 * n) % 60) for n in range(56)]
    with db.connect("hub_writer") as writer:
        for moment in moments:
            flush_delta(writer, tenant, moment, events=1)
    for interval, days in (("5m", 30), ("15m", 30), ("1h", 40), ("1d", 40), ("1w", 40), ("1mo", 40)):
        end = start + timedelta(days=days)
        answer = ask(
            db, tenant, start.isoformat(), end.isoformat(), interval=interval, tz=zone, metrics=["events"]
        )
        counted = {point.start: point.values["events"] for point in answer.series[0].points}
        assert answer.total["events"] == sum(moment < end for moment in moments)
        for left, right in pairwise([*sorted(counted), end]):
            assert counted[left] == sum(left <= moment < right for moment in moments)


def test_a_question_that_takes_too_long_asks_for_less(db: Database) -> None:
    def slow(plan: Plan) -> tuple[str, Mapping[str, object]]:
        return "SELECT pg_sleep(%(seconds)s)", {"seconds": 20}

    async def main() -> None:
        async with open_reader_pool(
            db.reader_dsn,
            "hub-test",
            connections_min=1,
            connections_max=1,
            wait_s=5,
            connect_s=10,
            statement_timeout_ms=100,
            work_mem_mb=16,
        ) as pool:
            store = PostgresUsageStore(pool, slow)
            query = UsageQuery(TenantId(1), minute("2026-11-01 00:00"), minute("2026-11-02 00:00"))
            with pytest.raises(TooMuch, match="query_too_slow"):
                async with store.snapshot(TenantId(1)) as snapshot:
                    await snapshot.rows(Plan(query, (), (), (), ()))
            async with store.snapshot(TenantId(1)) as again:  # the one connection is whole again
                await again.marks(Span(query.start, query.end))

    asyncio.run(main())


def test_a_database_that_is_gone_asks_to_come_back() -> None:
    async def main() -> None:
        address = "host=/nonexistent user=hub_reader dbname=hub"
        async with open_services(address, connect_s=1) as services:
            await services.ready()

    with pytest.raises(TryLater):
        asyncio.run(main())


def test_fresh_until_is_the_moment_of_the_snapshot(db: Database) -> None:
    tenant = fill(db)
    with db.connect("hub_writer") as writer:
        before = writer.execute("SELECT clock_timestamp()").fetchone()
        answer = ask(db, tenant, *RANGE)
        after = writer.execute("SELECT clock_timestamp()").fetchone()
    assert before is not None
    assert after is not None
    assert before[0] <= answer.fresh_until <= after[0]
    assert answer.fresh_until.tzinfo is UTC
