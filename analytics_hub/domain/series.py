"""The fixed vocabulary of a series: dimensions, statuses, token kinds, cost lines, rollup columns.

These tuples are the same lists as `rust_core.SERIES_COLUMNS`, `TOKEN_COLUMNS` and `COST_COLUMNS` (a test
compares them). What can be *asked* is in `metrics.py`; the tables themselves are in
`analytics_hub/storage/migrations`.
"""

from typing import Final

DIMENSIONS: Final = (
    "provider",
    "provider_account",
    "model",
    "operation",
    "service_tier",
    "environment",
    "project",
    "status",
)
"""What tells one series of a tenant from another, besides its declared tags. Missing is the empty string."""

TAG_PREFIX: Final = "tag."
"""`tag.<key>` names a declared tag wherever a dimension is named."""

STATUSES: Final = (
    "ok",
    "timeout",
    "rate_limited",
    "auth",
    "invalid_request",
    "content_filter",
    "server_error",
    "cancelled",
    "other",
)
"""The closed list of outcomes; `errors` counts every one but ok."""

TOKEN_KINDS: Final = (
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
    "input_image",
    "output",
    "output_reasoning",
    "output_audio",
)
"""Disjoint: a token is counted in exactly one of them."""

INPUT_KINDS: Final = TOKEN_KINDS[:6]
"""What goes into a model."""

TOKEN_COLUMNS: Final = tuple(f"{kind}_tokens" for kind in TOKEN_KINDS)

COST_LINES: Final = ("input", "cache_read", "cache_write", "output", "other")
"""The lines of a cost; its total is always their sum and never stored."""

COST_COLUMNS: Final = tuple(f"cost_{line}_pico_usd" for line in COST_LINES)

COST_STATUSES: Final = ("priced", "partial", "unpriced", "provider_reported", "estimated")
"""By code: `usage_events.cost_status` is the position in this list."""

SUM_COLUMNS: Final = (
    "events",
    "errors",
    *TOKEN_COLUMNS,
    "web_searches",
    *COST_COLUMNS,
    "provider_reported_cost_pico_usd",
    "unpriced_events",
    "partial_events",
    "estimated_events",
    "unpriced_tokens",
    "latency_us_sum",
    "latency_count",
    "ttft_us_sum",
    "ttft_count",
)
"""The columns of a rollup row that add up, in table order."""

DERIVED_COLUMNS: Final = {"total_tokens": TOKEN_COLUMNS, "cost_pico_usd": COST_COLUMNS}
"""Totals over columns of one row; never stored, added up while the row is read."""

SKETCH_COLUMNS: Final = ("latency_sketch", "ttft_sketch")
"""The columns of a rollup row that merge by concatenation."""
