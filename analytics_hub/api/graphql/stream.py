"""A subscription as an event stream: GraphQL over Server-Sent Events, one connection for each.

In: a document whose root field is a watched question. Out: `event: next` with a whole answer for each message, then
`event: complete`. The stream itself, its bounds and the checks of its credential are those of `GET /v1/live`.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson
from graphql import DocumentNode, GraphQLError
from starlette.responses import Response

from analytics_hub.api.graphql.asking import Asking, Watched
from analytics_hub.api.graphql.errors import entry
from analytics_hub.api.graphql.execution import ask_roots, write_out
from analytics_hub.api.graphql.limits import selections
from analytics_hub.api.graphql.live import message_body
from analytics_hub.api.graphql.live_incidents import incidents_message_body
from analytics_hub.api.graphql.request import GraphqlBody
from analytics_hub.api.graphql.shapes import Body
from analytics_hub.api.live import open_incidents, open_stream
from analytics_hub.api.rest.event_stream import EventStream
from analytics_hub.domain.errors import TooMuch
from analytics_hub.domain.incident_live import IncidentsMessage, IncidentWatch
from analytics_hub.domain.live import LiveEnd, LiveMessage
from analytics_hub.query.incident_feed import INCIDENTS_MAX
from analytics_hub.settings.graphql import GraphqlSettings

_COMPLETE: Final = b"event: complete\ndata:\n\n"

_Message = LiveMessage | IncidentsMessage

_spelled: "WeakKeyDictionary[_Message, dict[str, bytes]]" = WeakKeyDictionary()
"""A message by the document that it is written for: most who watch one question send one document."""


async def subscribe(
    document: DocumentNode,
    body: GraphqlBody,
    asking: Asking,
    limits: GraphqlSettings,
    *,
    credential: str,
    bytes_max: int,
    request_id: str,
) -> Response:
    """Raises what the question raises, before the stream begins."""
    ((key, found),) = (await ask_roots(document, body, asking, limits)).items()
    if isinstance(found, Exception):
        raise found
    assert isinstance(found, Watched)
    watched = found
    _check_values(watched, document, limits)
    named = body.model_dump_json()

    def written(message: _Message, spell: Callable[[Any], Body]) -> bytes:
        answers = {key: lambda: spell(message)}
        try:
            content = write_out(document, body, answers, limits, bytes_max=bytes_max, request_id=request_id)
        except TooMuch as error:
            content = orjson.dumps({"errors": [entry(GraphQLError("", original_error=error), request_id)]})
        end = _COMPLETE if isinstance(message, LiveEnd) else b""
        return b"event: next\ndata: %b\n\n%b" % (content, end)

    services, caller = asking.services, asking.caller
    if isinstance(watched, IncidentWatch):
        return EventStream(
            lambda: open_incidents(services, caller, credential, watched),
            lambda message: _once(message, named, partial(written, spell=incidents_message_body)),
            services.streams,
        )
    return EventStream(
        lambda: open_stream(services, caller, credential, watched),
        lambda message: _once(message, named, partial(written, spell=message_body)),
        services.streams,
    )


def _check_values(watched: Watched, document: DocumentNode, limits: GraphqlSettings) -> None:
    """A message is written out again and again, so it is judged before the first by what it may come to."""
    if isinstance(watched, IncidentWatch):
        parts = INCIDENTS_MAX
    else:
        parts = watched.minutes * (watched.groups_max + 1 if watched.group_by else 1)
    if parts * selections(document) > limits.live_values_max:
        raise TooMuch(
            "too_many_live_values",
            f"A live message has at most {limits.live_values_max} values: watch fewer minutes, groups or fields.",
            field="query",
        )


def once(content: bytes) -> bytes:
    """The answer of a question, for who takes nothing but event streams."""
    return b"event: next\ndata: %b\n\n%b" % (content, _COMPLETE)


async def _once(message: _Message, named: str, written: Callable[[_Message], bytes]) -> bytes:
    found = _spelled.setdefault(message, {})
    if named not in found:
        found[named] = await asyncio.to_thread(written, message)
    return found[named]
