"""How answers leave: in the format that the caller takes, within a bound, named by a strong tag. And which parameters
come in.

In: the JSON body of an answer and its tabular form, each made only when it is wanted. Out: a response. What is true of
the whole answer stands in the JSON body; the other formats carry it in headers `Hub-…`, Parquet in its metadata too.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from fastapi import Request
from starlette.responses import Response

from analytics_hub.api.rest.etag import CACHING, FRESH_UNTIL, Version, not_modified, tag_of, tags_held
from analytics_hub.api.rest.formats import Format
from analytics_hub.api.rest.formats_parquet import write_parquet
from analytics_hub.api.rest.formats_text import check_length, moment_text, write_csv, write_ndjson
from analytics_hub.api.rest.table import Fact, Table
from analytics_hub.domain.errors import InvalidInput

FACT_HEADERS: Final = {
    "fresh_until": FRESH_UNTIL,
    "coverage": "Hub-Coverage",
    "levels": "Hub-Levels",
    "next": "Hub-Next",
}
"""Facts that travel in a header of their own: a moment, a dictionary (RFC 8941), a text."""

MEDIA_TYPES: Final = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}


async def answer(
    request: Request,
    wanted: Format,
    *,
    body: Callable[[], dict[str, Any]],
    table: Callable[[], Table],
    version: Version | None = None,
) -> Response:
    """The answer in the wanted format. Raises TooMuch past the bound. `version`: read before the answer (`etag.py`)."""
    bytes_max = request.app.state.response_bytes_max
    # Thousands of rows are work for a thread: other requests go on meanwhile.
    headers: dict[str, str] = {}
    if wanted is Format.JSON:
        content = await asyncio.to_thread(lambda: _json(body(), bytes_max))
    else:
        content, headers = await asyncio.to_thread(_tabular, wanted, table, bytes_max)
    tag = tag_of(version.digest if version else "", content)
    if {tag, "*"} & set(tags_held(request)):
        return not_modified(tag)
    return Response(content, media_type=MEDIA_TYPES[wanted], headers={**headers, **CACHING, "ETag": tag})


def json_answer(body: dict[str, Any], *, bytes_max: int) -> Response:
    """A JSON response of what has no tabular form. Raises TooMuch past the bound."""
    content = _json(body, bytes_max)
    return Response(content, media_type="application/json", headers=dict(CACHING))


def check_parameters(request: Request, *, single: Sequence[str], lists: Sequence[str] = ()) -> None:
    """Refuses parameters that nobody reads: a misspelt filter must not answer a different question."""
    for name in request.query_params:
        if name not in single and name not in lists:
            known = ", ".join((*single, *lists)) or "none"
            raise InvalidInput("unknown_parameter", name, f"There is no such parameter; there are {known}.")
        if name in single and len(request.query_params.getlist(name)) > 1:
            raise InvalidInput("given_twice", name, "This parameter is given once.")


def _json(body: dict[str, Any], bytes_max: int) -> bytes:
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    check_length(len(content), bytes_max)
    return content


def _tabular(wanted: Format, table: Callable[[], Table], bytes_max: int) -> tuple[bytes, dict[str, str]]:
    write = {Format.CSV: write_csv, Format.NDJSON: write_ndjson, Format.PARQUET: write_parquet}[wanted]
    made = table()
    headers = {
        FACT_HEADERS[name]: _header(value)
        for name, value in made.facts.items()
        if name in FACT_HEADERS and value is not None
    }
    return write(made, bytes_max=bytes_max), headers


def _header(value: Fact) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={number}" for name, number in value.items() if number is not None)
    return str(value)
