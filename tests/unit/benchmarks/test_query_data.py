"""The month behind the query benchmark: repeatable, of the promised shape, and its rows add up to its events."""

from __future__ import annotations

import io
from datetime import timedelta

import polars as pl
import pytest

from analytics_hub.domain.series import SUM_COLUMNS
from benchmarks.query_data import LAST_DAY, NOW, TENANTS, WHOLE_DAYS, World, day_events, make_world
from benchmarks.query_rows import bin_starts, day_rows
from rust_core import DELTA_COLUMNS, sketch_count, sketch_encode

EVENTS = 200_000
OPEN_FROM = LAST_DAY + timedelta(hours=8)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(EVENTS)


@pytest.fixture(scope="module")
def last_day(world: World) -> pl.DataFrame:
    return day_events(world, WHOLE_DAYS)


def csv(rows: bytes, columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.read_csv(
        io.BytesIO(rows), has_header=False, new_columns=list(columns), infer_schema_length=None
    )


def sums_of(world: World, events: pl.DataFrame) -> dict[str, int]:
    """Some columns added up from the events themselves, in another way than the rows are made."""
    series = world.series.with_row_index("series")
    joined = events.join(series, on="series", how="left")
    unpriced = joined.filter(pl.col("price") == 0)
    tokens = ("input_tokens", "cache_read_tokens", "output_tokens", "output_reasoning_tokens")
    costs = ("cost_input_pico_usd", "cost_cache_read_pico_usd", "cost_output_pico_usd")
    return {
        "events": events.height,
        "errors": joined.filter(pl.col("status") != "ok").height,
        "unpriced_events": unpriced.height,
        "unpriced_tokens": sum(int(unpriced[name].sum()) for name in tokens),
        "latency_us_sum": int(events["latency_us"].sum()),
        "latency_count": events.height,
        "ttft_us_sum": int(events["ttft_us"].sum()),
        "ttft_count": events["ttft_us"].drop_nulls().len(),
        **{name: int(events[name].sum()) for name in (*tokens, *costs)},
    }


def test_a_day_is_the_same_whenever_it_is_made(world: World) -> None:
    assert day_events(world, 3).equals(day_events(make_world(EVENTS), 3))
    assert not day_events(world, 3).equals(day_events(world, 4))


def test_all_days_together_have_the_events_that_were_asked_for(world: World) -> None:
    assert sum(world.day_count(day) for day in range(WHOLE_DAYS + 1)) == EVENTS


def test_the_largest_tenant_has_a_fifth_of_the_events(world: World) -> None:
    day = day_events(world, 0)
    shares = day.group_by("tenant_id").len().sort("len", descending=True)
    assert shares.height == TENANTS
    assert shares["tenant_id"][0] == 1
    assert 0.19 < shares["len"][0] / day.height < 0.23


def test_there_are_ten_thousand_distinct_series(world: World) -> None:
    dimensions = ("tenant_id", "model", "project", "team", "environment", "status")
    assert 9_500 < world.series.height < 11_000
    assert world.series.filter(pl.col("tenant_id") == 1).height == 2_000
    assert world.series.select(dimensions).is_unique().all()
    assert world.series.select("tenant_id", "series_id").is_unique().all()
    assert world.series["model"].n_unique() == 25
    assert world.series["team"].n_unique() == 20


def test_the_last_day_ends_where_the_data_ends(last_day: pl.DataFrame) -> None:
    end_us, start_us = (int(moment.timestamp()) * 1_000_000 for moment in (NOW, LAST_DAY))
    assert last_day["ts_us"].min() >= start_us  # type: ignore[operator]  # polars gives any literal
    assert end_us - 60_000_000 < last_day["ts_us"].max() <= end_us  # type: ignore[operator]


def test_the_deltas_add_up_to_the_events(world: World, last_day: pl.DataFrame) -> None:
    rows = day_rows(world, last_day, keep_events=False, open_from=None)
    deltas = csv(rows.deltas, DELTA_COLUMNS)
    expected = sums_of(world, last_day)
    assert deltas.height == rows.delta_count
    assert {name: deltas[name].sum() for name in expected} == expected
    assert all(deltas[name].sum() == 0 for name in SUM_COLUMNS if name not in expected)


def test_a_sketch_counts_what_its_row_counts(world: World, last_day: pl.DataFrame) -> None:
    crowded = last_day.with_columns(pl.col("ts_us").min())
    rows = day_rows(world, crowded, keep_events=False, open_from=None)
    deltas = csv(rows.deltas, DELTA_COLUMNS)
    assert deltas.filter(pl.col("latency_count") > 1).height > 10
    for timing in ("latency", "ttft"):
        blobs = [bytes.fromhex(text.removeprefix("\\x")) for text in deltas[f"{timing}_sketch"]]
        assert [sketch_count(blob) for blob in blobs] == deltas[f"{timing}_count"].to_list()


def test_a_value_has_the_sketch_of_the_start_of_its_bin() -> None:
    starts = bin_starts()
    for number in range(0, len(starts) - 1, 7):
        start, last = starts[number], starts[number + 1] - 1
        assert sketch_encode([start]) == sketch_encode([last]) != sketch_encode([last + 1])


def test_the_days_of_the_users_add_up_to_the_events(world: World, last_day: pl.DataFrame) -> None:
    users = csv(
        day_rows(world, last_day, keep_events=False, open_from=None).users,
        ("tenant_id", "bucket", "user_id", *SUM_COLUMNS),
    )
    expected = sums_of(world, last_day)
    assert {name: users[name].sum() for name in expected} == expected
    assert users.select("tenant_id", "user_id").is_unique().all()


def test_raw_rows_are_made_of_every_event_or_of_none(world: World, last_day: pl.DataFrame) -> None:
    kept = day_rows(world, last_day, keep_events=True, open_from=None).events
    assert kept.count(b"\n") == last_day.height
    assert day_rows(world, last_day, keep_events=False, open_from=None).events == b""


def test_an_open_hour_has_a_mark_for_every_flush_and_a_closed_one_has_one(
    world: World, last_day: pl.DataFrame
) -> None:
    rows = day_rows(world, last_day, keep_events=False, open_from=OPEN_FROM)
    marks = csv(rows.marks, ("tenant_id", "hour", "flush_id"))
    closed = marks.filter(pl.col("flush_id") == 1)
    assert closed.select("tenant_id", "hour").is_unique().all()
    assert closed["hour"].n_unique() == 8
    assert marks.filter(pl.col("flush_id") > 1).height > closed.height
