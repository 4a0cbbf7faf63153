"""Picks the reader for a file: by the format that was asked for, else by its name and its first line.

In: paths as typed. Out: sources of events (`ingest/ports.py`).
"""

from collections.abc import Sequence
from pathlib import Path

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.settings import Settings
from ingest.csv_trace import CsvTraceSource, TraceMapping, trace_shape
from ingest.file_source import FileSource
from ingest.parquet_source import ParquetSource
from ingest.ports import EventSource

FORMATS = ("auto", "ndjson", "json", "csv", "parquet")


def open_sources(
    paths: Sequence[str], wanted: str, settings: Settings, mapping: TraceMapping | None
) -> list[EventSource]:
    """One source a path. Every path is opened before the first is read, so that a typo costs nothing."""
    if wanted not in FORMATS:
        raise InvalidInput(
            "unknown_format", "--format", f"there is no format {wanted!r}; there are {', '.join(FORMATS)}"
        )
    return [_source(path, wanted, settings, mapping) for path in paths]


def _source(path: str, wanted: str, settings: Settings, mapping: TraceMapping | None) -> EventSource:
    kind = _kind(path) if wanted == "auto" else wanted
    if kind == "parquet":
        return ParquetSource(path)
    if kind == "csv":
        return CsvTraceSource(path, _mapping(path, mapping), settings.ingest)
    return FileSource(path, settings.ingest, settings.decode, format=kind)


def _kind(path: str) -> str:
    name = path.lower()
    if path == "-":
        return "auto"
    if Path(path).is_dir():
        raise InvalidInput("not_a_file", path, f"{path} is a folder; name its files, like {path}/*.ndjson")
    if name.endswith((".parquet", ".pq")):
        return "parquet"
    if name.endswith(".csv") or (Path(path).is_file() and trace_shape(path) is not None):
        return "csv"
    return "auto"


def _mapping(path: str, mapping: TraceMapping | None) -> TraceMapping:
    if mapping is None:
        raise InvalidInput(
            "trace_needs_mapping",
            path,
            "a trace does not say what it is: add --provider, --model and --project, "
            "for example --provider openai --model gpt-4o --project chat",
        )
    return mapping
