"""Static SQL from `sql/*.sql`: statements under `-- name:` headers, or a whole file as one script.

In: a file's name. Out: its text. Assembled SQL lives in the query package's builder, schema changes in `migrations/`.

The lists that every rollup table has in common are written once, in `domain/`, and named in a statement:

    {{measures}}    events, errors, …, ttft_sketch: all columns after the keys, in table order
    {{h.measures}}  the same of one table: h.events, h.errors, …
    {{sums}}        sum(events)::int8 AS events, …, string_agg(ttft_sketch, …) AS ttft_sketch
    {{users}}       the measures of a user's day, which has no sketches
    {{run}}         what hours and runs of users hold (`domain/user_usage.py`)
    {{facets}}      '', 'provider', …: what an hour or day may be told apart by
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from analytics_hub.domain.series import DIMENSIONS, SKETCH_COLUMNS, SUM_COLUMNS
from analytics_hub.domain.user_usage import RUN_COLUMNS

_FOLDER = Path(__file__).parent / "sql"
_HEADER = re.compile(r"^-- name: (\w+)[^\n]*\n", re.MULTILINE)
_LIST = re.compile(r"\{\{(?:(\w+)\.)?(\w+)\}\}")
_NUMERIC: Final = ("_pico_usd", "_us_sum")
"""How the columns end that are numeric in the tables, as their sums are; all others are int8."""


def _sum(column: str) -> str:
    cast = "" if column.endswith(_NUMERIC) else "::int8"
    return f"sum({column}){cast} AS {column}"


_LISTS: Final = {
    "measures": (*SUM_COLUMNS, *SKETCH_COLUMNS),
    "sums": (
        *(_sum(column) for column in SUM_COLUMNS),
        *(f"string_agg({column}, ''::bytea) AS {column}" for column in SKETCH_COLUMNS),
    ),
    "users": SUM_COLUMNS,
    "run": RUN_COLUMNS,
    "facets": ("''", *(f"'{dimension}'" for dimension in DIMENSIONS)),
}


@cache
def statements(name: str) -> dict[str, str]:
    """The named statements of `sql/<name>.sql`, each without its header, its lists written out."""
    parts = _HEADER.split(script(name))
    return {
        key: expanded(text).strip().removesuffix(";")
        for key, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@cache
def script(name: str) -> str:
    """`sql/<name>.sql` as it is, to be run in one go."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def expanded(text: str) -> str:
    """With every `{{list}}` written out; raises ValueError for a list that is not known."""

    def written_out(found: re.Match[str]) -> str:
        table, name = found.groups()
        if name not in _LISTS or (table and name != "measures"):
            raise ValueError(f"{found.group()} is no list of columns")
        return ", ".join(f"{table}.{column}" if table else column for column in _LISTS[name])

    return _LIST.sub(written_out, text)
