"""A table as text: CSV (RFC 4180, with a header line) and NDJSON (one object a row).

In: a `Table`. Out: UTF-8 bytes, at most so many. A value has the spelling that it has in JSON: money is the exact
decimal, a moment carries its offset. In CSV nothing between two commas is null and `""` is the empty text. Values are
not changed to please spreadsheets: a text that begins with `=`, `+`, `-` or `@` stays what it is (docs/api.md).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import orjson

from analytics_hub.api.rest.table import Cell, Kind, Table
from analytics_hub.domain.errors import TooMuch

_LINE_END: Final = "\r\n"
_QUOTED: Final = frozenset(',"\r\n')


def write_csv(table: Table, *, bytes_max: int) -> bytes:
    kinds = [column.kind for column in table.columns]
    head = ",".join(_quoted(column.name) for column in table.columns)
    lines = (",".join(map(_csv_cell, row, kinds)) for row in table.rows)
    return bounded(((line + _LINE_END).encode() for line in (head, *lines)), bytes_max)


def write_ndjson(table: Table, *, bytes_max: int) -> bytes:
    names = [column.name for column in table.columns]
    option = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    return bounded(
        (orjson.dumps(dict(zip(names, row, strict=True)), option=option) for row in table.rows), bytes_max
    )


def bounded(parts: Iterable[bytes], bytes_max: int) -> bytes:
    """The parts joined. Raises TooMuch as soon as they are too long."""
    whole = bytearray()
    for part in parts:
        whole += part
        check_length(len(whole), bytes_max)
    return bytes(whole)


def check_length(length: int, bytes_max: int) -> None:
    if length > bytes_max:
        raise TooMuch("answer_too_long", f"The answer has more than {bytes_max} bytes: ask for less.")


def moment_text(moment: datetime) -> str:
    """As JSON spells it."""
    return orjson.dumps(moment, option=orjson.OPT_UTC_Z).decode()[1:-1]


def _csv_cell(value: Cell, kind: Kind) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(str(value)) if kind is Kind.TEXT else str(value)


def _quoted(text: str) -> str:
    if text and not _QUOTED & set(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
