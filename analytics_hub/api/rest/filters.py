"""Filters as query parameters: `filter.<dimension>` and `filter.tag.<key>`, repeated for several values.

In: a request. Out: the filters as they were written; what they mean is checked by the question that takes them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import Request

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.domain.usage import Filter

FILTER_PREFIX: Final = "filter."


def filters_documented(description: str) -> list[dict[str, Any]]:
    """Filters are named after dimensions, so they are documented from the same list."""
    return [
        {
            "name": f"{FILTER_PREFIX}{dimension}",
            "in": "query",
            "required": False,
            "description": description,
            "schema": {"type": "array", "items": {"type": "string"}},
        }
        for dimension in (*DIMENSIONS, "tag.<key>")
    ]


def filters_given(request: Request) -> tuple[Filter, ...]:
    names = dict.fromkeys(name for name in request.query_params if name.startswith(FILTER_PREFIX))
    values = request.query_params.getlist
    return tuple(Filter(name.removeprefix(FILTER_PREFIX), tuple(values(name))) for name in names)


def filters_by_name(request: Request) -> Mapping[str, Sequence[str]]:
    """By dimension, for the questions that take them so."""
    return {chosen.dimension: chosen.values for chosen in filters_given(request)}


def split(given: Sequence[str] | None) -> list[str]:
    """A list by repetition or by commas."""
    return [name.strip() for text in given or () for name in text.split(",") if name.strip()]


def check_known(request: Request, *, single: Sequence[str], lists: Sequence[str] = ()) -> None:
    """Refuses parameters that nobody reads, filters aside: a misspelt one must not answer a different question."""
    for name in request.query_params:
        if name not in single and name not in lists and not name.startswith(FILTER_PREFIX):
            known = ", ".join((*single, *lists, "filter.<dimension>"))
            raise InvalidInput("unknown_parameter", name, f"There is no such parameter; there are {known}.")
        if name in single and len(request.query_params.getlist(name)) > 1:
            raise InvalidInput("given_twice", name, "This parameter is given once.")
