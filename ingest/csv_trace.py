"""Published LLM traces as CSV, known by their header, turned into canonical events.

In: a CSV file and a mapping that says which provider, model and project its rows stand for (a trace does
not). Out: NDJSON blocks. Rows carry no id: an event gets one from its content and its k-th occurrence, like
`2023-11-16T18:17:03.9799600Z/4808/10#0`, so that loading the same rows in another order gives the same
events. Positions are line numbers in the CSV. A trace is read whole: the bound is
`HUB_INGEST_JSON_DOCUMENT_BYTES_MAX`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import polars as pl

from analytics_hub.domain.errors import InvalidInput, NotFound, TooMuch
from analytics_hub.settings import IngestSettings
from ingest.lines import BOM
from ingest.ports import Block

_BLOCK_ROWS = 8_192  # about 2 MiB of NDJSON
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S%.f"
_MOMENT_FORMAT = "%Y-%m-%dT%H:%M:%S%.f"
_FIRST_ROW_LINE = 2  # line 1 is the header


@dataclass(frozen=True, slots=True)
class TraceShape:
    """How one published trace names its columns."""

    name: str
    time: str
    input_tokens: str
    output_tokens: str

    @property
    def header(self) -> tuple[str, ...]:
        return (self.time, self.input_tokens, self.output_tokens)


SHAPES = (TraceShape("azure-llm", "TIMESTAMP", "ContextTokens", "GeneratedTokens"),)
"""Azure LLM inference traces of 2023 and 2024 share one header; times are UTC, with up to seven digits."""


@dataclass(frozen=True, slots=True)
class TraceMapping:
    """What the rows of a trace stand for."""

    provider: str
    model: str
    project: str
    operation: str = "chat"
    shift: timedelta = timedelta()
    """Moves every event by the same amount; ids keep the original time."""


def trace_shape(path: str) -> TraceShape | None:
    """The shape whose header the file begins with, or None."""
    with _path(path).open("rb") as file:
        line = file.readline(64 * 1024)
    header = tuple(line.removeprefix(BOM).decode("utf-8", "replace").strip().split(","))
    return next((shape for shape in SHAPES if shape.header == header), None)


class CsvTraceSource:
    """One trace file under one mapping."""

    def __init__(self, path: str, mapping: TraceMapping, ingest: IngestSettings) -> None:
        shape = trace_shape(path)
        if shape is None:
            known = "; ".join(",".join(shape.header) for shape in SHAPES)
            raise InvalidInput("unknown_trace", path, f"the CSV header is none of the known traces: {known}")
        self._path = _path(path)
        if self._path.stat().st_size > ingest.json_document_bytes_max:
            raise TooMuch(
                "trace_too_large", f"{path} is larger than {ingest.json_document_bytes_max:,} bytes"
            )
        self._shape = shape
        self._mapping = mapping

    @property
    def origin(self) -> str:
        return self._path.name

    @property
    def size_bytes(self) -> int | None:
        return self._path.stat().st_size

    def blocks(self) -> Iterator[Block]:
        # Read as text: what is not a number must reach the core as it is and be refused there with its line.
        rows = pl.read_csv(self._path, infer_schema=False, truncate_ragged_lines=True).fill_null("")
        yield from trace_blocks(rows, self._shape, self._mapping, self.size_bytes or 0)


def trace_blocks(
    rows: pl.DataFrame, shape: TraceShape, mapping: TraceMapping, size_bytes: int
) -> Iterator[Block]:
    """The rows of a trace as blocks of canonical events; `size_bytes` is shared out over them."""
    lines = trace_lines(rows, shape, mapping)
    done = 0
    for at in range(0, lines.len(), _BLOCK_ROWS):
        part = lines.slice(at, _BLOCK_ROWS)
        used = (at + part.len()) * size_bytes // lines.len()
        yield Block("\n".join(part).encode(), "ndjson", at + _FIRST_ROW_LINE, part.len(), used - done)
        done = used


def trace_lines(rows: pl.DataFrame, shape: TraceShape, mapping: TraceMapping) -> pl.Series:
    """The canonical event of each row, as text, in the rows' order."""
    moment = (
        pl.col(shape.time)
        .str.strip_chars()
        .str.replace(" ", "T", literal=True)
        .str.replace(r"(\+00:00|Z)$", "")
    )
    row = rows.select(
        moment.alias("moment"),
        pl.col(shape.input_tokens).str.strip_chars().alias("input"),
        pl.col(shape.output_tokens).str.strip_chars().alias("output"),
    )
    event = pl.concat_str(
        pl.lit('{"id":'),
        _json_text(_event_id()),
        pl.lit(',"source":' + _quoted(f"{mapping.project}/{shape.name}") + ',"time":'),
        _json_text(_moved(mapping.shift)),
        pl.lit(
            f',"provider":{_quoted(mapping.provider)},"model":{_quoted(mapping.model)}'
            f',"project":{_quoted(mapping.project)},"operation":{_quoted(mapping.operation)}'
            ',"usage":{"input_tokens":'
        ),
        _json_number("input"),
        pl.lit(',"output_tokens":'),
        _json_number("output"),
        pl.lit("}}"),
    )
    return row.select(event.alias("line"))["line"]


def _event_id() -> pl.Expr:
    """From the content and its k-th occurrence: the same rows in any order give the same ids."""
    occurrence = pl.int_range(pl.len()).over("moment", "input", "output").cast(pl.String)
    return pl.concat_str("moment", pl.lit("Z/"), "input", pl.lit("/"), "output", pl.lit("#"), occurrence)


def _moved(shift: timedelta) -> pl.Expr:
    """The event's time as RFC 3339. A time that cannot be read is left as it is, for the core to refuse."""
    original = pl.col("moment") + "Z"
    if not shift:
        return original
    # Cut to microseconds, as the core does; a seventh digit cannot be kept by any table of ours.
    cut = pl.col("moment").str.slice(0, 26)
    moved = cut.str.to_datetime(_MOMENT_FORMAT, strict=False, time_unit="us") + pl.lit(shift)
    return pl.coalesce(moved.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"), original)


def trace_span(path: str) -> tuple[datetime, datetime]:
    """The first and the last time in a trace, to microseconds: for moving it in time."""
    shape = trace_shape(path)
    if shape is None:
        raise InvalidInput("unknown_trace", path, "the CSV header is none of the known traces")
    text = pl.read_csv(_path(path), columns=[shape.time], infer_schema=False)[shape.time]
    times = text.str.slice(0, 26).str.to_datetime(_TIME_FORMAT, strict=False, time_unit="us")
    first, last = times.min(), times.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        raise InvalidInput("empty_trace", path, "the trace has no row with a readable time")
    return first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)


def _path(path: str) -> Path:
    found = Path(path)
    if not found.is_file():
        raise NotFound("no_such_file", f"{path} does not exist", field=path)
    return found


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def _json_text(value: pl.Expr) -> pl.Expr:
    """As a JSON string; the escapes are for what a broken CSV may hold."""
    escaped = value.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return pl.concat_str(pl.lit('"'), escaped.str.replace_all(r"[\x00-\x1f]", " "), pl.lit('"'))


def _json_number(column: str) -> pl.Expr:
    """Digits as they are; anything else as a JSON string, which the core refuses with its code."""
    value = pl.col(column)
    return pl.when(value.str.contains(r"^-?\d+$")).then(value).otherwise(_json_text(value))
