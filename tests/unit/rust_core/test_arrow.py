"""A batch as Arrow columns, taken over by Polars and PyArrow without a copy of ours."""

import datetime as dt

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

import rust_core
from rust_core import EVENT_COLUMNS, SERIES_COLUMNS
from tests.unit.rust_core.decoded import RECEIVED_AT_US, batch, event

_EVENTS = (event(1, user="ann", tags={"team": "red", "x": "y"}), event(2, status="timeout", latency_ms=None))


def test_polars_reads_every_event_column_and_dimension() -> None:
    frame = pl.DataFrame(batch(*_EVENTS))
    assert frame.columns == [*EVENT_COLUMNS, *SERIES_COLUMNS, "series_tags"]
    assert frame["event_id"].to_list() == ["id-1", "id-2"]
    assert frame["user_id"].to_list() == ["ann", None]
    assert frame["latency_us"].to_list() == [1_500_500, None]
    assert frame["status"].to_list() == ["ok", "timeout"]
    assert frame["series_tags"].to_list() == ['{"team":"red"}', "{}"]
    assert frame["ts"].dtype == pl.Datetime("us", "UTC")
    assert frame["received_at"][0] == dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
        microseconds=RECEIVED_AT_US
    )


def test_pyarrow_reads_the_same_with_exact_types() -> None:
    table = pa.table(batch(*_EVENTS))
    assert table.schema.field("event_key").type == pa.binary(16)
    assert table["event_key"][0].as_py() == rust_core.event_key("gateway", "id-1")
    assert table.schema.field("ts").type == pa.timestamp("us", "UTC")
    assert table.schema.field("cost_status").type == pa.int16()
    assert table["input_tokens"].to_pylist() == [101, 102]


def test_an_empty_batch_still_has_its_columns() -> None:
    assert pl.DataFrame(batch()).shape == (0, len(EVENT_COLUMNS) + len(SERIES_COLUMNS) + 1)


def test_columns_outlive_the_batch_they_came_from() -> None:
    decoded = batch(*_EVENTS)
    frame = pl.DataFrame(decoded)
    decoded.drop([0, 1])
    del decoded
    assert frame["event_id"].to_list() == ["id-1", "id-2"]
