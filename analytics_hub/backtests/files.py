"""Reads the text files of the suites: CSV rows with their line numbers, numbers, moments.

In: paths. Out: rows and values; InvalidInput with file and line for what cannot be read, NotFound for what is not
there.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from analytics_hub.domain.errors import InvalidInput, NotFound

_MISSING: Final = frozenset({"", "na", "nan", "null"})


def folder_of(data: Path, name: str) -> Path:
    """A suite's folder in the data folder."""
    folder = data / name
    if not folder.is_dir():
        raise NotFound(
            "no_such_folder",
            f"{folder} is not there; --data FOLDER names the one that holds {name}",
            field="--data",
        )
    return folder


def file_of(path: Path, option: str) -> Path:
    if not path.is_file():
        raise NotFound("no_such_file", f"{path} is not there; {option} FILE names another", field=option)
    return path


def rows_of(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The names in the first line, and the rows after it with their line numbers; empty lines are left out."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("unreadable_file", path.name, f"{path.name} cannot be read: {error}") from None
    if not lines:
        raise InvalidInput("empty_file", path.name, f"{path.name} is empty")
    rows = csv.reader(lines)
    names = next(rows)
    return names, ((rows.line_num, row) for row in rows if row)


def columns_of(path: Path, names: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The cells of these columns, by name, of every row."""
    found, rows = rows_of(path)
    lowered = [name.strip().lower() for name in found]
    missing = [name for name in names if name.lower() not in lowered]
    if missing:
        raise InvalidInput("no_such_column", path.name, f"{path.name} has no column {missing[0]!r}")
    places = [lowered.index(name.lower()) for name in names]
    for line, row in rows:
        if len(row) <= max(places):
            raise InvalidInput("short_row", f"{path.name}:{line}", f"line {line} has {len(row)} cells only")
        yield line, [row[place] for place in places]


def number(text: str, path: Path, line: int) -> float:
    """NaN for an empty cell and for what is not finite."""
    if text.strip().lower() in _MISSING:
        return np.nan
    try:
        value = float(text)
    except ValueError:
        raise InvalidInput("bad_number", f"{path.name}:{line}", f"{text!r} is not a number") from None
    return value if np.isfinite(value) else np.nan


def moment(text: str, path: Path, line: int) -> datetime:
    """UTC where no zone is said."""
    try:
        value = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput("bad_time", f"{path.name}:{line}", f"{text!r} is not a time") from None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
