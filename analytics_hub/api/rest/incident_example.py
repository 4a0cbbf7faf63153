"""An incident for the documentation. A test holds it against the shape of answers."""

from typing import Any, Final

INCIDENT_EXAMPLE: Final[dict[str, Any]] = {
    "id": "0f2a3c4e-9d41-5b7a-8c36-1f0f3a2b7d55",
    "kind": "spike",
    "state": "ended",
    "metric": "cost_usd",
    "group": {"project": "search"},
    "began_at": "2026-11-04T09:00:00Z",
    "last_at": "2026-11-04T12:00:00Z",
    "found_at": "2026-11-04T10:05:02Z",
    "told_at": "2026-11-04T10:05:02Z",
    "observed": 61.4,
    "expected": 12.15,
    "impact_usd": "49.25",
    "metrics": ["cost_usd", "events"],
    "detectors": ["robust_z"],
    "contributions": [{"dimension": "model", "value": "gpt-4o", "change": 47.1, "share": 0.956345}],
    "acknowledged": {
        "at": "2026-11-04T10:20:00Z",
        "actor_kind": "member",
        "actor": "https://login.example ann",
    },
    "feedback": "useful",
    "feedback_note": {
        "at": "2026-11-04T13:00:00Z",
        "actor_kind": "member",
        "actor": "https://login.example ann",
    },
}
