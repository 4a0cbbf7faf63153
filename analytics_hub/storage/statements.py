"""Reads the static SQL of `analytics_hub/storage/sql`: one file a subject, statements under `-- name:`
headers.

In: the name of a file without `.sql`. Out: its statements by name, with their comments, ready to execute.
Assembled SQL lives in the query builder, not here.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import LiteralString, cast

_HEADER = re.compile(r"^-- name: *([a-z0-9_]+) *$", re.MULTILINE)


@cache
def statements(subject: str) -> Mapping[str, LiteralString]:
    """The statements of `sql/<subject>.sql`. What stands before the first header is for readers only."""
    text = resources.files("analytics_hub.storage").joinpath("sql", f"{subject}.sql").read_text("utf-8")
    parts = _HEADER.split(text)[1:]
    # Files of ours, never a user's text: as literal as a string in the source.
    named = {
        name: cast(LiteralString, body.strip()) for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
    if len(named) * 2 != len(parts):
        raise ValueError(f"sql/{subject}.sql has a statement name twice")
    return MappingProxyType(named)
