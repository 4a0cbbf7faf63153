"""The shapes on the wire of a live stream: messages as Server-Sent Events.

In: messages of `analytics_hub/domain/live.py`. Out: `event: snapshot`, `change` or `end`, each with one line of JSON
whose members are those of `GET /v1/usage`. A message is spelled once, for all who watch.
"""

from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from analytics_hub.api.rest.wire import coverage_body
from analytics_hub.domain.live import LiveChange, LiveEnd, LiveMessage, LiveQuery, LiveSeries, LiveSnapshot

EVENT_SCHEMA: Final = {
    "type": "object",
    "description": "One event of the stream; `retry` is a field of its own before the first.",
    "properties": {
        "event": {"type": "string", "enum": ["snapshot", "change", "end"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
_spelled: "WeakKeyDictionary[LiveMessage, bytes]" = WeakKeyDictionary()


def event_of(message: LiveMessage) -> bytes:
    """The event, ready to be sent."""
    found = _spelled.get(message)
    if found is None:
        name, body = _named(message)
        data = orjson.dumps(body, option=orjson.OPT_UTC_Z)
        found = _spelled[message] = b"event: %b\ndata: %b\n\n" % (name, data)
    return found


def live_body(message: LiveSnapshot | LiveChange) -> dict[str, Any]:
    """What a snapshot and a change have in common."""
    return {
        "from": message.start,
        "to": message.end,
        "fresh_until": message.fresh_until,
        "coverage": coverage_body(message.coverage),
        "total": dict(message.total),
        "series": _series(message.series),
    }


def _named(message: LiveMessage) -> tuple[bytes, dict[str, Any]]:
    if isinstance(message, LiveEnd):
        return b"end", {"reason": message.reason.value, "detail": message.detail}
    if isinstance(message, LiveSnapshot):
        return b"snapshot", {"query": _question(message.query), **live_body(message)}
    return b"change", live_body(message)


def _question(query: LiveQuery) -> dict[str, Any]:
    return {
        "minutes": query.minutes,
        "metrics": list(query.metrics),
        "group_by": list(query.group_by),
        "filters": {chosen.dimension: list(chosen.values) for chosen in query.filters},
        "limit": query.groups_max if query.group_by else None,
    }


def _series(series: Iterable[LiveSeries]) -> list[dict[str, Any]]:
    return [
        {
            "group": dict(one.group),
            "other": one.other,
            "points": [
                {"start": point.start, "values": None if point.values is None else dict(point.values)}
                for point in one.points
            ],
        }
        for one in series
    ]
