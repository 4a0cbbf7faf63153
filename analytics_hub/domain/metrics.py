"""What can be asked of usage: every metric by name, unit and the rollup columns that it is made of.

One table for REST, command line and documentation. A metric is `scale` times (sum of `add` minus sum of
`subtract`), times the sum of `times`, over (sum of `per`) times (sum of `also_per`), or a quantile of a sketch, or how
many different values of `distinct` the events have. How that is read is in `analytics_hub/query`, what the metrics mean
in docs/query.md.
"""

from dataclasses import dataclass
from typing import Final, Literal

from analytics_hub.domain.series import COST_LINES, INPUT_KINDS, TOKEN_KINDS

Unit = Literal["count", "ratio", "usd", "ms", "per_s"]
DISTINCT_USERS: Final = "distinct_users"


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing to ask for. Money is exact pico-USD until it leaves; a ratio over nothing is None."""

    name: str
    unit: Unit
    help: str
    add: tuple[str, ...] = ()
    subtract: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    also_per: tuple[str, ...] = ()
    scale: float = 1.0
    sketch: str = ""
    quantile: float = 0.0
    distinct: str = ""
    """The column of the events whose different values are counted: the size of a set, which has no sum."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The rollup columns, stored or derived, that must be read for it."""
        if self.distinct:
            return ()
        return (*self.add, *self.subtract, *self.times, *self.per, *self.also_per)

    @property
    def orderable(self) -> bool:
        """Groups are ranked inside the database by sums of rollups; it cannot read sketches."""
        return not (self.sketch or self.distinct)


def _timing(word: str, what: str) -> list[Metric]:
    quantiles = [
        Metric(
            f"{word}_p{percent}_ms",
            "ms",
            f"{percent}th percentile of the {what}, within 2 %",
            sketch=f"{word}_sketch",
            quantile=percent / 100,
        )
        for percent in (50, 90, 95, 99)
    ]
    greatest = Metric(
        f"{word}_max_ms",
        "ms",
        f"greatest {what}, within 2 %; an hour stands for everything longer",
        sketch=f"{word}_sketch",
        quantile=1.0,
    )
    average = Metric(
        f"{word}_avg_ms",
        "ms",
        f"mean {what} of the events that carry it",
        add=(f"{word}_us_sum",),
        per=(f"{word}_count",),
        scale=0.001,
    )
    return [*quantiles, greatest, average]


def _counts() -> list[Metric]:
    return [
        Metric("events", "count", "events", add=("events",)),
        Metric("errors", "count", "events with any status but ok", add=("errors",)),
        Metric("error_rate", "ratio", "errors per event", add=("errors",), per=("events",)),
        Metric(
            DISTINCT_USERS,
            "count",
            "different end-users; who was not named is nobody",
            add=(DISTINCT_USERS,),
            distinct="user_id",
        ),
    ]


def _tokens() -> list[Metric]:
    kinds = [
        Metric(f"{kind}_tokens", "count", f"{kind} tokens", add=(f"{kind}_tokens",)) for kind in TOKEN_KINDS
    ]
    return [
        *kinds,
        Metric("total_tokens", "count", "tokens of all nine kinds", add=("total_tokens",)),
        Metric("web_searches", "count", "web searches", add=("web_searches",)),
        Metric(
            "cache_read_share",
            "ratio",
            "cache_read tokens per token of the six input kinds",
            add=("cache_read_tokens",),
            per=tuple(f"{kind}_tokens" for kind in INPUT_KINDS),
        ),
        Metric(
            "output_tokens_per_s",
            "per_s",
            "mean output and output_reasoning tokens of an event over its mean latency",
            add=("output_tokens", "output_reasoning_tokens"),
            times=("latency_count",),
            per=("latency_us_sum",),
            also_per=("events",),
            scale=1_000_000,
        ),
    ]


def _money() -> list[Metric]:
    lines = [
        Metric(f"cost_{line}_usd", "usd", f"cost line: {line}", add=(f"cost_{line}_pico_usd",))
        for line in COST_LINES
    ]
    return [
        Metric("cost_usd", "usd", "cost, all lines together", add=("cost_pico_usd",)),
        *lines,
        Metric(
            "provider_reported_cost_usd",
            "usd",
            "the part of the cost that the provider stated itself",
            add=("provider_reported_cost_pico_usd",),
        ),
        Metric(
            "cost_per_1k_requests_usd",
            "usd",
            "cost of a thousand events, rounded half-even to the pico-USD",
            add=("cost_pico_usd",),
            per=("events",),
            scale=1_000,
        ),
    ]


def _coverage() -> list[Metric]:
    return [
        Metric("unpriced_events", "count", "events without any price", add=("unpriced_events",)),
        Metric("partial_events", "count", "events priced in part", add=("partial_events",)),
        Metric("estimated_events", "count", "events with estimated tokens", add=("estimated_events",)),
        Metric("unpriced_tokens", "count", "tokens without a price", add=("unpriced_tokens",)),
        Metric(
            "coverage",
            "ratio",
            "share of the events that have a price",
            add=("events",),
            subtract=("unpriced_events",),
            per=("events",),
        ),
        Metric(
            "token_coverage",
            "ratio",
            "share of the tokens that have a price",
            add=("total_tokens",),
            subtract=("unpriced_tokens",),
            per=("total_tokens",),
        ),
    ]


def _all_metrics() -> list[Metric]:
    timings = [*_timing("latency", "latency"), *_timing("ttft", "time to first token")]
    return [*_counts(), *_tokens(), *_money(), *_coverage(), *timings]


METRICS: Final[dict[str, Metric]] = {metric.name: metric for metric in _all_metrics()}
"""Every metric by its name, in the order of the documentation."""

METRICS_DEFAULT: Final = ("events", "errors", "total_tokens", "cost_usd")
"""What a question without metrics asks for."""
