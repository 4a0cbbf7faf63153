"""JSON objects that read the same for everybody: UTF-8, every name once, no NaN.

Two readers that take different ones of two equal names are how a token passes one check and acts as another.
"""

import json
from collections.abc import Mapping
from typing import Any


def read_object(raw: bytes) -> Mapping[str, Any]:
    """The object. Raises ValueError for everything else."""
    try:
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
