"""`POST /graphql`: the use cases of REST as one graph.

In: `{"query", "variables", "operationName"}`. Out: `{"data", "errors"}`, for a subscription a stream of them. Who is
refused whole (no credential, no JSON, a bound) is told by problem details, as everywhere; whose document or variables
are wrong gets `errors`, without data.
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from graphql import OperationType, get_operation_ast
from starlette.responses import Response

from analytics_hub.api.access import Allow, credential_of, services_of
from analytics_hub.api.errors import request_id_of
from analytics_hub.api.graphql.asking import Asking
from analytics_hub.api.graphql.document import Refused, read_document
from analytics_hub.api.graphql.errors import refused_content
from analytics_hub.api.graphql.execution import execute
from analytics_hub.api.graphql.request import (
    EVENT_STREAM,
    GRAPHQL_JSON,
    JSON,
    GraphqlBody,
    answer_type,
    read_request,
    takes_stream,
)
from analytics_hub.api.graphql.schema import SCHEMA
from analytics_hub.api.graphql.stream import once, subscribe
from analytics_hub.api.rest.documented import problems
from analytics_hub.api.rest.etag import CACHING
from analytics_hub.domain.access import Right
from analytics_hub.domain.errors import NotAcceptable
from analytics_hub.settings.graphql import GraphqlSettings
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["graphql"])

_OBJECT: dict[str, Any] = {"schema": {"type": "object"}}
_ANSWERED: dict[str, Any] = {
    "description": "`data` and `errors`; the schema is docs/schema.graphql.",
    "content": {JSON: _OBJECT, GRAPHQL_JSON: _OBJECT, EVENT_STREAM: {"schema": {"type": "string"}}},
}


@router.post(
    "/graphql",
    summary="The same questions as one graph",
    response_class=Response,
    responses={200: _ANSWERED, 400: _ANSWERED, **problems(401, 403, 406, 408, 413, 415, 422, 503)},
    openapi_extra={
        "requestBody": {"required": True, "content": {JSON: {"schema": GraphqlBody.model_json_schema()}}}
    },
)
async def graphql(request: Request, caller: Annotated[Caller, Depends(Allow(Right.VIEW))]) -> Response:
    limits: GraphqlSettings = request.app.state.graphql
    media_type = answer_type(request)
    body = await read_request(request, limits)
    try:
        return await _answer(request, caller, body, media_type)
    except Refused as refused:
        content = refused_content(refused, request_id_of(request))
        # GraphQL over HTTP: 400 belongs to its own media type; who takes plain JSON looks into the body.
        if media_type == JSON:
            return Response(content, media_type=JSON, headers=dict(CACHING))
        return Response(content, 400, media_type=GRAPHQL_JSON, headers=dict(CACHING))


async def _answer(request: Request, caller: Caller, body: GraphqlBody, media_type: str) -> Response:
    limits: GraphqlSettings = request.app.state.graphql
    bounds = {"bytes_max": request.app.state.response_bytes_max, "request_id": request_id_of(request)}
    services = services_of(request)
    asking = Asking(services, caller, services.clock.now())
    # Parsing and validating are work for a thread too.
    document = await asyncio.to_thread(read_document, body.query, SCHEMA, limits)
    operation = get_operation_ast(document, body.operation_name)
    if operation and operation.operation is OperationType.SUBSCRIPTION:
        if not takes_stream(request):
            raise NotAcceptable("not_acceptable", "Accept", f"A subscription is answered by {EVENT_STREAM}.")
        credential = credential_of(request)
        return await subscribe(document, body, asking, limits, credential=credential, **bounds)
    content = await execute(document, body, asking, limits, **bounds)
    if media_type == EVENT_STREAM:
        content = once(content)
    return Response(content, media_type=media_type, headers=dict(CACHING))
