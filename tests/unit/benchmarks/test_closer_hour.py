"""The hour behind the closer's benchmark: as many rows and series as asked for, and every way sums the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.series import DIMENSIONS, SKETCH_COLUMNS, SUM_COLUMNS
from benchmarks.closer_hour import HOUR, event_frame, series_frame
from benchmarks.closer_peers import WAYS
from benchmarks.query_rows import delta_frame
from rust_core import DELTA_COLUMNS

ROWS, SERIES = 3_000, 700


def test_every_event_is_a_row_of_its_own() -> None:
    deltas = delta_frame(event_frame(1, ROWS, SERIES))
    assert deltas.height == ROWS
    assert set(DELTA_COLUMNS) <= set(deltas.columns)
    assert deltas["events"].sum() == deltas["latency_count"].sum() == ROWS


def test_the_rows_lie_in_the_hour_and_are_spread_over_all_series() -> None:
    deltas = delta_frame(event_frame(1, ROWS, SERIES))
    first, last = deltas["bucket"].min(), deltas["bucket"].max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    assert (first.astimezone(UTC), last.astimezone(UTC)) == (HOUR, HOUR + timedelta(minutes=59))
    assert deltas["series_id"].value_counts()["count"].is_between(ROWS // SERIES, ROWS // SERIES + 1).all()


def test_the_series_differ_in_their_dimensions() -> None:
    names = series_frame(1, 10_000)
    assert names.select(set(DIMENSIONS) & set(names.columns)).is_unique().all()
    assert names["series_id"].to_list() == list(range(1, 10_001))


@pytest.mark.parametrize("way", WAYS)
def test_every_way_sums_every_measure_along_every_dimension(way: str) -> None:
    texts, _ = WAYS[way]
    for text in texts:
        assert [name for name in SUM_COLUMNS if f"{name})" not in text] == []
        assert [name for name in SKETCH_COLUMNS if f"{name}, '" not in text] == []
    assert [name for name in DIMENSIONS if f"'{name}'" not in "".join(texts)] == []
