"""The body of a request: one question as JSON, within bounds. GraphQL over HTTP, POST only.

In: a request. Out: document, variables, name of the operation; and the media type of the answer.
"""

from collections.abc import Iterator
from typing import Any, Final

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from analytics_hub.api.rest.bodies import read_body
from analytics_hub.domain.errors import InvalidInput, NotAcceptable, TooLarge, TooMuch, Unsupported
from analytics_hub.settings.graphql import GraphqlSettings

JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"
EVENT_STREAM: Final = "text/event-stream"
_ANY: Final = {"*/*", "application/*"}


class GraphqlBody(BaseModel):
    """What a client sends. Members of `extensions` are not read."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, strict=True)

    query: str
    operation_name: str | None = Field(default=None, alias="operationName")
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, given: Any) -> Any:
        if isinstance(given, list):
            raise InvalidInput("no_batches", "", "One request is one document: send an object, no list.")
        return given


async def read_request(request: Request, limits: GraphqlSettings) -> GraphqlBody:
    """Raises InvalidInput, TooLarge, TooMuch or TooSlow."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != JSON:
        raise Unsupported("unsupported_media_type", "content-type", f"A request is {JSON}.")
    body = await read_body(request, GraphqlBody)
    _check_variables(body.variables or {}, limits)
    return body


def answer_type(request: Request) -> str:
    """The standard's own media type for those who name it; plain JSON for everybody else."""
    accept = ",".join(request.headers.getlist("accept")) or "*/*"
    wanted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if GRAPHQL_JSON in wanted:
        return GRAPHQL_JSON
    if JSON in wanted or wanted & _ANY:
        return JSON
    if EVENT_STREAM in wanted:
        return EVENT_STREAM
    raise NotAcceptable(
        "not_acceptable", "Accept", f"Answers come as {GRAPHQL_JSON}, {JSON} or {EVENT_STREAM}."
    )


def takes_stream(request: Request) -> bool:
    return EVENT_STREAM in ",".join(request.headers.getlist("accept")).lower()


def _check_variables(variables: dict[str, Any], limits: GraphqlSettings) -> None:
    if _deep(variables, limits.variables_depth_max):
        most = limits.variables_depth_max
        raise TooMuch(
            "variables_too_deep",
            f"In variables at most {most} lists and objects stand within each other.",
            field="variables",
        )
    try:
        length = len(orjson.dumps(variables))
    except (TypeError, orjson.JSONEncodeError) as error:
        raise InvalidInput("bad_variables", "variables", "A variable is no JSON of 64 bits.") from error
    if length > limits.variables_bytes_max:
        most = limits.variables_bytes_max
        raise TooLarge("variables_too_large", f"Variables have at most {most} bytes.", field="variables")


def _deep(value: object, most: int) -> bool:
    """Level by level: whoever wrote them decides how deep they are."""
    level: list[object] = [value]
    for _ in range(most):
        level = [inner for one in level for inner in _within(one)]
        if not any(isinstance(one, dict | list) for one in level):
            return False
    return True


def _within(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
