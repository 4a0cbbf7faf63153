"""What routes say of their answers in the documentation (OpenAPI): formats, headers, tags, problems.

In: the shape of a JSON body, the statuses of problems. Out: entries of a route's `responses`. How problems get their
media type is in `analytics_hub/api/openapi.py`.
"""

from typing import Any, Final

from pydantic import BaseModel

from analytics_hub.api.errors import PROBLEM_TYPE
from analytics_hub.api.rest.formats import Format
from analytics_hub.api.rest.wire import ProblemBody

Responses = dict[int | str, dict[str, Any]]

IF_NONE_MATCH: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of an answer that you have: 304 when it still holds.",
    "schema": {"type": "string"},
}
_TAG: Final = {"ETag": {"description": "A strong tag of these bytes.", "schema": {"type": "string"}}}
_CHALLENGE: Final = {
    "WWW-Authenticate": {"description": "A challenge for a bearer.", "schema": {"type": "string"}}
}
_WAIT: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_ANSWERED_WITH: Final = {401: _CHALLENGE, 403: _CHALLENGE, 429: _WAIT, 503: _WAIT}


def answers_of(shape: type[BaseModel], example: dict[str, Any] | None = None) -> Responses:
    """200 in every format, and 304."""
    json: dict[str, Any] = {} if example is None else {"example": example}
    return {
        200: {
            "model": shape,
            "headers": _TAG,
            "content": {
                Format.JSON.value: json,
                Format.CSV.value: {"schema": {"type": "string"}},
                Format.NDJSON.value: {"schema": {"type": "string"}},
                Format.PARQUET.value: {"schema": {"type": "string", "format": "binary"}},
            },
        },
        304: {"description": "What `If-None-Match` names still holds.", "headers": _TAG},
    }


def problems(*statuses: int) -> Responses:
    """The errors that a route can give. Whom it asks to say who they are may also have to wait (`access.py`)."""
    wait = {429} if 401 in statuses else set()
    return {
        status: {"model": ProblemBody, "content": {PROBLEM_TYPE: {}}, **_headers(status)}
        for status in sorted({*statuses, *wait})
    }


def _headers(status: int) -> dict[str, Any]:
    return {"headers": _ANSWERED_WITH[status]} if status in _ANSWERED_WITH else {}
