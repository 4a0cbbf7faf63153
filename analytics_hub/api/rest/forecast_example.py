"""An answer of `GET /v1/forecasts` for its documentation. A test holds it against the shape of answers."""

from typing import Any, Final

FORECASTS_EXAMPLE: Final[dict[str, Any]] = {
    "query": {
        "from": "2026-05-08T00:00:00Z",
        "to": "2026-11-05T00:00:00Z",
        "interval": "1d",
        "horizon": 1,
        "tz": "UTC",
        "metrics": ["cost_usd"],
        "group_by": [],
        "filters": {},
        "limit": None,
    },
    "made_at": "2026-11-05T08:00:00.123456Z",
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
    "series": [
        {
            "group": {},
            "other": False,
            "metrics": [
                {
                    "metric": "cost_usd",
                    "source": "computed",
                    "model": "median_combination",
                    "history": "enough",
                    "trained_from": "2026-05-08T00:00:00Z",
                    "trained_to": "2026-11-05T00:00:00Z",
                    "made_at": "2026-11-05T08:00:00.123456Z",
                    "error": {"mase": 0.83, "wape": 0.14, "fits": 48},
                    "points": [
                        {
                            "start": "2026-11-05T00:00:00Z",
                            "value": "12.345678",
                            "low_80": "10.10",
                            "high_80": "14.591356",
                            "low_95": "8.20",
                            "high_95": "16.491356",
                        }
                    ],
                }
            ],
        }
    ],
}
