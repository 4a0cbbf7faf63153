"""A table as Parquet: typed columns, money as exact decimals, the facts of the answer in the file's metadata.

In: a `Table`. Out: the bytes of one file. Work for a thread (`answers.py`). Every fact is a key `hub.<name>` with a
value in JSON, spelled as in the JSON body.
"""

from decimal import Decimal
from typing import Any, Final

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import parquet

from analytics_hub.api.rest.formats_text import check_length
from analytics_hub.api.rest.table import Cell, Column, Kind, Table
from analytics_hub.domain.money import PICO_PER_USD

_METADATA_PREFIX: Final = "hub."
_MONEY: Final = pa.decimal128(
    38, len(str(PICO_PER_USD)) - 1
)  # 26 digits before the point, down to a pico-USD

_TYPES: Final[dict[Kind, Any]] = {
    Kind.TEXT: pa.string(),
    Kind.COUNT: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.MONEY: _MONEY,
    Kind.FLAG: pa.bool_(),
}


def write_parquet(table: Table, *, bytes_max: int) -> bytes:
    """Raises TooMuch past the bound."""
    schema = pa.schema([(column.name, _type(column)) for column in table.columns], metadata=_metadata(table))
    arrays = [
        pa.array([_value(row[at], column.kind) for row in table.rows], type=_type(column))
        for at, column in enumerate(table.columns)
    ]
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, compression="zstd")
    content = sink.getvalue()
    check_length(content.size, bytes_max)
    return bytes(content.to_pybytes())


def _type(column: Column) -> Any:
    return pa.timestamp("us", tz=column.tz) if column.kind is Kind.TIME else _TYPES[column.kind]


def _value(value: Cell, kind: Kind) -> object:
    return Decimal(str(value)) if kind is Kind.MONEY and value is not None else value


def _metadata(table: Table) -> dict[str, bytes]:
    return {
        f"{_METADATA_PREFIX}{name}": orjson.dumps(value, option=orjson.OPT_UTC_Z)
        for name, value in table.facts.items()
    }
