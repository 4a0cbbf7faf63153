"""`POST /graphql`: the use cases of REST as one graph.

In: `{"query", "variables", "operationName"}`. Out: `{"data", "errors"}`. Who is refused whole (no credential, no JSON,
a bound) is told by problem details, as everywhere; whose document or variables are wrong gets `errors`, without data.
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.errors import request_id_of
from analytics_hub.api.graphql.asking import Asking
from analytics_hub.api.graphql.document import Refused, read_document
from analytics_hub.api.graphql.execution import execute, refused_content
from analytics_hub.api.graphql.request import GRAPHQL_JSON, GraphqlBody, answer_type, read_request
from analytics_hub.api.graphql.schema import SCHEMA
from analytics_hub.api.rest.documented import problems
from analytics_hub.api.rest.etag import CACHING
from analytics_hub.domain.access import Right
from analytics_hub.settings.graphql import GraphqlSettings
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["graphql"])

_ANSWERED: dict[str, Any] = {
    "description": "`data` and `errors`; docs/graphql.md and docs/schema.graphql.",
    "content": {
        "application/json": {"schema": {"type": "object"}},
        GRAPHQL_JSON: {"schema": {"type": "object"}},
    },
}


@router.post(
    "/graphql",
    summary="The same questions as one graph",
    response_class=Response,
    responses={200: _ANSWERED, 400: _ANSWERED, **problems(401, 403, 406, 408, 413, 415, 422, 503)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": GraphqlBody.model_json_schema()}},
        }
    },
)
async def graphql(request: Request, caller: Annotated[Caller, Depends(Allow(Right.VIEW))]) -> Response:
    limits: GraphqlSettings = request.app.state.graphql
    media_type, request_id = answer_type(request), request_id_of(request)
    body = await read_request(request, limits)
    services = services_of(request)
    asking = Asking(services, caller, services.clock.now())
    try:
        # Parsing and validating are work for a thread too.
        document = await asyncio.to_thread(read_document, body.query, SCHEMA, limits)
        content = await execute(
            document,
            body,
            asking,
            limits,
            bytes_max=request.app.state.response_bytes_max,
            request_id=request_id,
        )
    except Refused as refused:
        # GraphQL over HTTP: 400 belongs to its own media type; who takes plain JSON looks into the body.
        status = 400 if media_type == GRAPHQL_JSON else 200
        return Response(
            refused_content(refused, request_id), status, media_type=media_type, headers=dict(CACHING)
        )
    return Response(content, media_type=media_type, headers=dict(CACHING))
