"""Parquet with canonical columns, flat or nested, as the events that a JSON file would give."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from analytics_hub.domain.errors import InvalidInput, NotFound
from ingest.parquet_source import ParquetSource

MOMENT = datetime(2026, 11, 5, 12, 0, 0, 123456, tzinfo=UTC)


def _file(tmp_path: Path, frame: pl.DataFrame) -> str:
    path = tmp_path / "events.parquet"
    frame.write_parquet(path)
    return str(path)


def _events(path: str) -> list[dict[str, Any]]:
    return [
        orjson.loads(line)
        for block in ParquetSource(path).blocks()
        for line in bytes(block.payload).splitlines()
    ]


def test_flat_token_columns_become_the_usage(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"id": ["a"], "model": ["m"], "time": [MOMENT], "input_tokens": [3], "output_tokens": [4]}
    )
    assert _events(_file(tmp_path, frame)) == [
        {
            "id": "a",
            "model": "m",
            "time_unix_us": 1793880000123456,
            "usage": {"input_tokens": 3, "output_tokens": 4},
        }
    ]


def test_a_nested_usage_stays(tmp_path: Path) -> None:
    usage = {"input_tokens": 3}
    frame = pl.DataFrame({"id": ["a"], "time": ["2026-11-05T12:00:00Z"], "usage": [usage]})
    (event,) = _events(_file(tmp_path, frame))
    assert (event["time"], event["usage"]) == ("2026-11-05T12:00:00Z", {"input_tokens": 3})


def test_money_in_decimals_stays_exact(tmp_path: Path) -> None:
    cost = Decimal("0.000000000001")
    frame = pl.DataFrame({"id": ["a"], "cost_usd": [cost]}, schema_overrides={"cost_usd": pl.Decimal(38, 12)})
    (event,) = _events(_file(tmp_path, frame))
    assert Decimal(event["cost_usd"]) == cost


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_of_every_unit_become_microseconds(tmp_path: Path, unit: Any) -> None:
    frame = pl.DataFrame({"id": ["a"], "time": [MOMENT]}).with_columns(pl.col("time").dt.cast_time_unit(unit))
    (event,) = _events(_file(tmp_path, frame))
    assert event["time_unix_us"] // 1000 == 1793880000123


def test_usage_in_two_places_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["a"], "input_tokens": [1], "usage": [{"input_tokens": 3}]})
    with pytest.raises(InvalidInput, match="usage_twice"):
        _events(_file(tmp_path, frame))


def test_positions_are_row_numbers_over_slices(tmp_path: Path) -> None:
    source = ParquetSource(_file(tmp_path, pl.DataFrame({"id": [str(number) for number in range(20_000)]})))
    blocks = list(source.blocks())
    assert [block.base_position for block in blocks] == [1, 1 + blocks[0].events]
    assert sum(block.source_bytes for block in blocks) == source.size_bytes


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    path.write_bytes(b"hello")
    with pytest.raises(InvalidInput, match="unreadable_parquet"):
        ParquetSource(str(path))


def test_a_missing_file_is_told() -> None:
    with pytest.raises(NotFound, match="no_such_file"):
        ParquetSource("nowhere.parquet")
