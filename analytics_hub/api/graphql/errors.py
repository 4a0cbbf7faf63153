"""How errors are spelled in an answer of GraphQL: entries of `errors`, with the code and the field that REST gives.

In: what was raised while a field was asked or written out, or why a document is refused. Out: entries with
`extensions {code, field, requestId}`. A request that is refused whole is answered by `analytics_hub/api/errors.py`,
which alone knows statuses; what nobody foresaw is logged there and here, and never told.
"""

from typing import Any, Final

import orjson
import structlog
from graphql import GraphQLError

from analytics_hub.api.errors import STATUSES
from analytics_hub.api.graphql.document import Refused
from analytics_hub.domain.errors import HubError

_log = structlog.get_logger(__name__)

_BAD_ARGUMENT: Final = "bad_argument"


def entry(error: GraphQLError, request_id: str, code: str = _BAD_ARGUMENT) -> dict[str, Any]:
    """`code`: of an error of GraphQL itself, which has none of its own."""
    cause = _cause(error)
    found: dict[str, Any] = {"message": error.message}
    if error.locations:
        found["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        found["path"] = error.path
    field = ""
    if isinstance(cause, HubError):
        found["message"], code, field = cause.message, cause.code, cause.field
        if STATUSES[type(cause)] >= 500:
            _log.warning("question failed", code=code, path=error.path, exc_info=cause)
    elif cause is not None:
        found["message"], code = "The fault is ours and was logged.", "broken"
        _log.error("question broke", path=error.path, exc_info=cause)
    found["extensions"] = {"code": code, "field": field, "requestId": request_id}
    return found


def _cause(error: GraphQLError) -> Exception | None:
    """What our code raised; None for what GraphQL itself found wrong with an argument."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def refused_content(refused: Refused, request_id: str) -> bytes:
    """An answer without data."""
    errors: list[dict[str, Any]] = [entry(_bare(error), request_id, refused.code) for error in refused.errors]
    return orjson.dumps({"errors": errors})


def _bare(error: GraphQLError) -> GraphQLError:
    """The parser and the coercion of variables keep causes of their own, which are no faults of ours."""
    return GraphQLError(error.message, nodes=error.nodes, source=error.source, positions=error.positions)
