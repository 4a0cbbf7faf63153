"""The shapes on the wire of watched incidents: messages as Server-Sent Events.

In: messages of `analytics_hub/domain/incident_live.py`. Out: `event: snapshot`, `incident` or `end`, each with one line
of JSON whose incidents are those of `GET /v1/incidents`. `id` names the state that a reader has then; of several events
that are told at once the last one has it. A message is spelled once, for all who watch.
"""

from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from analytics_hub.api.rest.finding_wire import incident_body
from analytics_hub.domain.incident_live import IncidentsMessage, IncidentsSnapshot
from analytics_hub.domain.live import LiveEnd

INCIDENT_EVENT_SCHEMA: Final = {
    "type": "object",
    "description": "One event of the stream; `retry` is a field of its own before the first.",
    "properties": {
        "event": {"type": "string", "enum": ["snapshot", "incident", "end"]},
        "id": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
_spelled: "WeakKeyDictionary[IncidentsMessage, bytes]" = WeakKeyDictionary()


def incident_event_of(message: IncidentsMessage) -> bytes:
    """The events, ready to be sent."""
    found = _spelled.get(message)
    if found is None:
        found = _spelled[message] = _events(message)
    return found


def _events(message: IncidentsMessage) -> bytes:
    if isinstance(message, LiveEnd):
        return _event("end", {"reason": message.reason.value, "detail": message.detail})
    if isinstance(message, IncidentsSnapshot):
        body = {"incidents": [incident_body(one) for one in message.incidents]}
        return _event("snapshot", body, message.state)
    *before, last = ({"change": turn.value, "incident": incident_body(one)} for turn, one in message.turns)
    return b"".join(_event("incident", body) for body in before) + _event("incident", last, message.state)


def _event(name: str, body: dict[str, Any], state: str = "") -> bytes:
    data = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    return b"%bevent: %b\ndata: %b\n\n" % (f"id: {state}\n".encode() if state else b"", name.encode(), data)
