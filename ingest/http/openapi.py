"""What `POST /v1/events` says of itself in the API's documentation: written by hand, because the route is no route
of the framework (`endpoint.py`). A test holds it against real answers.

In: the app and the collector's bounds. Out: the app, whose documentation has one path more.
"""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI

from analytics_hub.settings import CollectorSettings
from ingest.http.endpoint import PATH
from ingest.http.head import CONTENT_ENCODINGS, CONTENT_TYPES

_EVENT: Final = {
    "id": "req-0001",
    "source": "checkout-service",
    "time": "2026-11-05T12:00:00Z",
    "provider": "openai",
    "model": "gpt-4o",
    "usage": {"input_tokens": 1200, "output_tokens": 340},
    "latency_ms": 2150,
}
_COUNT: Final = {"type": "integer", "minimum": 0}
_ANSWER: Final = {
    "type": "object",
    "required": ["received", "accepted", "rejected", "rejected_total", "duplicates", "request_id"],
    "additionalProperties": False,
    "properties": {
        "received": _COUNT,
        "accepted": _COUNT
        | {"description": "Events that are durable; resends of known events are among them."},
        "rejected": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "code", "field", "message"],
                "additionalProperties": False,
                "properties": {
                    "index": _COUNT | {"description": "Ordinal of the event in the body, from 0."},
                    "code": {"type": "string"},
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "rejected_total": _COUNT,
        "duplicates": {
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "Resends among the accepted; null when the broker holds the body.",
        },
        "request_id": {"type": "string"},
    },
}
_PROBLEMS: Final = {
    "401": "No key, or one that does not hold.",
    "403": "The key lacks the scope `ingest`.",
    "408": "The body did not arrive in time.",
    "413": "The body is too long, as sent or decompressed.",
    "415": "Unknown content type or encoding.",
    "422": "The body is empty, or its compression is broken.",
    "429": "The tenant's own rate is used up; see Retry-After.",
    "503": "Not durable; send again after Retry-After. What was stored after all is then a duplicate.",
}


def describe_events(app: FastAPI, settings: CollectorSettings) -> None:
    """Add the path to the documentation that the app makes of itself."""
    made: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        document["paths"].setdefault(PATH, {})["post"] = events_operation(settings)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def events_operation(settings: CollectorSettings) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    taken = {"application/json": {"schema": _ANSWER}}
    return {
        "tags": ["events"],
        "summary": "Send usage events",
        "description": (
            'One event, an array, NDJSON, `{"events": […]}`, or CloudEvents in structured or batch mode. Each event '
            "stands for itself: a body of which every event is refused is still answered with 200 or 202. At most "
            f"{settings.body_bytes_max:,} bytes, decompressed."
        ),
        "security": [{"API key": []}],
        "parameters": [
            {
                "name": "Content-Encoding",
                "in": "header",
                "description": "Empty is identity.",
                "schema": {"type": "string", "enum": ["", *CONTENT_ENCODINGS]},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                name: {"example": [_EVENT]} if name == "application/json" else {} for name in CONTENT_TYPES
            },
        },
        "responses": {
            "200": {"description": "The database has every accepted event.", "content": taken},
            "202": {"description": "The broker has every accepted event.", "content": taken},
        }
        | {status: {"description": text, "content": problem} for status, text in _PROBLEMS.items()},
    }
