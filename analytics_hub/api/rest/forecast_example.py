"""Answers of `GET /v1/forecasts` and of the month for their documentation. A test holds them against the shapes."""

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

MONTH_EXAMPLE: Final[dict[str, Any]] = {
    "query": {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z", "tz": "UTC", "filters": {}},
    "made_at": "2026-11-05T08:00:00.123456Z",
    "fresh_until": "2026-11-05T08:00:00.123456Z",
    "coverage": FORECASTS_EXAMPLE["coverage"],
    "spent_usd": "54.12345678",
    "expected_usd": "371.40",
    "low_80_usd": "340.20",
    "high_80_usd": "402.60",
    "low_95_usd": "318.90",
    "high_95_usd": "423.90",
    "model": "median_combination",
    "history": "enough",
    "trained_from": "2026-05-08T00:00:00Z",
    "error": {"mase": 0.83, "wape": 0.14, "fits": 48},
}
