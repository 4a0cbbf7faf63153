"""Reads Parquet files whose columns carry the names of the canonical event, in slices, through Polars.

In: a file with columns such as `id`, `time`, `model`; the token counts either as top-level columns
(`input_tokens`, …) or inside a struct column `usage`. Out: NDJSON blocks, so that one decoder judges every
source. Positions are row numbers, counted from 1. Columns that the event does not know are passed on and
counted as `unknown_field` by the core.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from analytics_hub.domain.errors import InvalidInput, NotFound
from analytics_hub.domain.series import TOKEN_COLUMNS
from ingest.ports import Block

_SLICE_ROWS = 16_384  # some 10 MiB of NDJSON
_USAGE = (*TOKEN_COLUMNS, "total_tokens", "web_searches", "estimated")


class ParquetSource:
    """One Parquet file."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        if not self._path.is_file():
            raise NotFound("no_such_file", f"{path} does not exist", field=path)
        try:
            self._schema = pl.read_parquet_schema(self._path)
            self._rows = int(pl.scan_parquet(self._path).select(pl.len()).collect().item())
        except pl.exceptions.PolarsError as error:
            raise InvalidInput("unreadable_parquet", path, str(error).split("\n", 1)[0]) from error

    @property
    def origin(self) -> str:
        return self._path.name

    @property
    def size_bytes(self) -> int | None:
        return self._path.stat().st_size

    def blocks(self) -> Iterator[Block]:
        columns = event_columns(self._schema)
        table = pl.scan_parquet(self._path)
        done = 0
        for at in range(0, self._rows, _SLICE_ROWS):
            part = table.slice(at, _SLICE_ROWS).select(columns).collect()
            text = io.BytesIO()
            part.write_ndjson(text)
            used = (at + part.height) * (self.size_bytes or 0) // max(1, self._rows)
            yield Block(text.getbuffer(), "ndjson", at + 1, part.height, used - done)
            done = used


def event_columns(schema: "pl.Schema | dict[str, pl.DataType]") -> list[pl.Expr]:
    """The columns of a table as the keys of an event."""
    flat = [name for name in _USAGE if name in schema]
    if flat and "usage" in schema:
        raise InvalidInput(
            "usage_twice",
            "usage",
            f"the file has a usage column and {flat[0]} beside it; keep one of the two",
        )
    columns = [_column(name, kind) for name, kind in schema.items() if name not in flat]
    if flat:
        columns.append(pl.struct(flat).alias("usage"))
    return columns


def _column(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        # Whole microseconds, as the event's own times; a naive column is UTC.
        return column.dt.epoch("us").alias("time_unix_us" if name == "time" else name)
    if isinstance(kind, pl.Decimal):
        return column.cast(pl.String).alias(name)
    return column
