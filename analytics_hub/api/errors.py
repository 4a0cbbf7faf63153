"""The one table from errors to HTTP, and the one body of every error: problem details (RFC 9457).

In: domain errors, the framework's own, and anything unforeseen. Out: `application/problem+json` with a
stable `code`, the `field` at fault and the request id; never a stack trace. Nothing else in the product
names an HTTP status.
"""

import math
from collections.abc import Mapping
from typing import Final

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from analytics_hub.domain.errors import (
    Broken,
    Conflict,
    HubError,
    InvalidInput,
    NotAcceptable,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RateLimited,
    TooLarge,
    TooMuch,
    TooSlow,
    TryLater,
    Unsupported,
)

PROBLEM_TYPE: Final = "application/problem+json"

STATUSES: Final[Mapping[type[HubError], int]] = {
    InvalidInput: 422,
    Unsupported: 415,
    NotAcceptable: 406,
    NotAuthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    TooMuch: 422,
    TooLarge: 413,
    TooSlow: 408,
    TryLater: 503,
    RateLimited: 429,
    Broken: 500,
}

TITLES: Final[Mapping[int, str]] = {
    400: "The request is malformed",
    401: "Say who you are",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "No format that you take",
    408: "The request took too long",
    409: "Conflict",
    413: "The body is too long",
    414: "The request line is too long",
    415: "Nothing here reads that",
    422: "The request breaks a rule",
    429: "Too many requests",
    500: "Something broke",
    503: "Try again later",
}

_CODES: Final[Mapping[int, str]] = {
    400: "malformed",
    404: "no_such_path",
    405: "method_not_allowed",
    414: "query_too_long",
}

_log = structlog.get_logger(__name__)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    field: str = "",
    request_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The body that every error has."""
    body = {
        "type": f"urn:llm-analytics-hub:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        "field": field,
        "request_id": request_id,
    }
    return Response(
        orjson.dumps(body), status_code=status, media_type=PROBLEM_TYPE, headers=dict(headers or {})
    )


def problem_of(error: HubError, request_id: str) -> Response:
    """The answer to an error that was raised on purpose."""
    return problem(
        STATUSES[type(error)],
        error.code,
        error.message,
        field=error.field,
        request_id=request_id,
        headers=_headers(error),
    )


def unforeseen(request_id: str) -> Response:
    """For what nobody foresaw: the cause is in the log under the request id, not in the answer."""
    return problem(500, "broken", "The fault is ours and was logged.", request_id=request_id)


def add_error_handlers(app: FastAPI) -> None:
    """Every way that a request can fail ends in `problem`."""
    app.add_exception_handler(HubError, _hub_error)
    app.add_exception_handler(RequestValidationError, _refused_by_framework)
    app.add_exception_handler(HTTPException, _http_error)


async def _hub_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubError)
    if STATUSES[type(error)] >= 500:
        _log.warning("request failed", code=error.code, path=request.url.path, exc_info=error)
    return problem_of(error, request_id_of(request))


async def _refused_by_framework(request: Request, error: Exception) -> Response:
    """A parameter of the wrong type; the first fault is told."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    detail = f"{first['msg']}."
    return problem(422, "bad_parameter", detail, field=field, request_id=request_id_of(request))


async def _http_error(request: Request, error: Exception) -> Response:
    """Unknown paths, wrong methods and the like."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"  # see RequestLayer
    return problem(
        error.status_code,
        _CODES.get(error.status_code, "http_error"),
        str(error.detail),
        request_id=request_id_of(request),
        headers=headers,
    )


def _headers(error: HubError) -> dict[str, str]:
    if isinstance(error, NotAuthenticated):
        # RFC 6750: who sent nothing is told of no error.
        fault = "" if error.code == "no_key" else ', error="invalid_token"'
        return {"WWW-Authenticate": f'Bearer realm="llm-analytics-hub"{fault}'}
    if isinstance(error, NotAllowed):
        return {"WWW-Authenticate": 'Bearer realm="llm-analytics-hub", error="insufficient_scope"'}
    if isinstance(error, TryLater):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))}
    return {}


def request_id_of(request: Request) -> str:
    """Given by the outermost layer (`request_layer.py`)."""
    return str(request.scope.get("state", {}).get("request_id", ""))
