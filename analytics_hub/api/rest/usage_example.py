"""An answer of `GET /v1/usage` for its documentation. A test holds it against the shape of answers."""

from typing import Any, Final

USAGE_EXAMPLE: Final[dict[str, Any]] = {
    "query": {
        "from": "2026-11-01T00:00:00-04:00",
        "to": "2026-11-03T00:00:00-05:00",
        "interval": "1d",
        "tz": "America/New_York",
        "metrics": ["events", "cost_usd", "latency_p95_ms"],
        "group_by": ["model"],
        "filters": {"environment": ["prod"]},
        "order": "-cost_usd",
        "limit": 10,
        "compare": None,
        "fill": False,
    },
    "fresh_until": "2026-11-05T08:00:00.123456Z",
    "coverage": {
        "events": 1200,
        "unpriced_events": 0,
        "partial_events": 0,
        "estimated_events": 0,
        "event_share": 1.0,
        "tokens": 2400000,
        "unpriced_tokens": 0,
        "token_share": 1.0,
    },
    "levels": [{"level": "usage_1h", "minutes": 2940}],
    "total": {"events": 1200, "cost_usd": "12.345678", "latency_p95_ms": 1834.2},
    "series": [
        {
            "group": {"model": "gpt-4o"},
            "other": False,
            "total": {"events": 1200, "cost_usd": "12.345678", "latency_p95_ms": 1834.2},
            "points": [
                {
                    "start": "2026-11-01T00:00:00-04:00",
                    "values": {"events": 700, "cost_usd": "7.20", "latency_p95_ms": 1790.0},
                }
            ],
            "previous": None,
        }
    ],
    "previous": None,
}
