"""In which format an answer leaves: what the caller takes (`Accept`, RFC 9110) against what is offered.

In: a request. Out: a `Format`, decided before anything is asked of the database. A parameter `format` there is none:
one question has one address. How each is written: `formats_text.py`, `formats_parquet.py`.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from fastapi import Request

from analytics_hub.domain.errors import NotAcceptable

_QUALITY: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_RANGES_MAX: Final = 100  # of one request; what stands behind them is not looked at


class Format(StrEnum):
    """What is offered, by media type. Among equals the first is taken."""

    JSON = "application/json"
    CSV = "text/csv"
    NDJSON = "application/x-ndjson"
    PARQUET = "application/vnd.apache.parquet"


def wanted_format(request: Request) -> Format:
    """Raises NotAcceptable when the caller takes none of ours."""
    given = request.headers.getlist("accept")
    return best_format(given) if any(text.strip() for text in given) else Format.JSON


def best_format(accept: Iterable[str]) -> Format:
    """The format of the greatest quality; among equals the one named most exactly, then the one named first."""
    ranges = _ranges(accept)
    ranked = [(_rank(format_, ranges), format_) for format_ in Format]
    (quality, *_), best = max(ranked, key=lambda pair: pair[0])
    if quality <= 0:
        offered = ", ".join(Format)
        raise NotAcceptable("not_acceptable", "Accept", f"Answers come as {offered}.")
    return best


def _ranges(accept: Iterable[str]) -> list[tuple[str, float]]:
    """Media ranges with their qualities. A range that cannot be read is left out: it asks for nothing of ours."""
    found = []
    for text in ",".join(accept).split(",", _RANGES_MAX)[:_RANGES_MAX]:
        name, *parameters = (part.strip().lower() for part in text.split(";"))
        quality = next((one[2:].strip() for one in parameters if one.startswith("q=")), "1")
        if "/" in name and _QUALITY.fullmatch(quality):
            found.append((name, float(quality)))
    return found


def _rank(format_: Format, ranges: list[tuple[str, float]]) -> tuple[float, int, int]:
    """(quality, exactness, place): the most exact range that fits a format says its quality (RFC 9110, 12.5.1)."""
    names = ("*/*", f"{format_.value.split('/')[0]}/*", format_.value)
    fitting = [
        (names.index(name), -place, quality) for place, (name, quality) in enumerate(ranges) if name in names
    ]
    if not fitting:
        return 0.0, 0, 0
    exactness, place, quality = max(fitting)
    return quality, exactness, place
