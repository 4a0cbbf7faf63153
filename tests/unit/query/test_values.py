"""From sums to values: exact where it is exact, None where there is nothing to say."""

from collections.abc import Sequence

import pytest

import rust_core
from analytics_hub.domain.answer import Value
from analytics_hub.domain.metrics import METRICS
from analytics_hub.query.measures import Measures, merged
from analytics_hub.query.values import values

SUMS = {
    "events": 4,
    "errors": 1,
    "unpriced_events": 1,
    "total_tokens": 100,
    "unpriced_tokens": 25,
    "cost_pico_usd": 10**12 + 1,
    "latency_us_sum": 4_600_000,
    "latency_count": 4,
}
LATENCIES = [100_000, 200_000, 300_000, 4_000_000]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("events", 4),
        ("error_rate", 0.25),
        ("total_tokens", 100),
        ("cost_usd", "1.000000000001"),
        ("cost_other_usd", "0.00"),
        ("coverage", 0.75),
        ("token_coverage", 0.75),
        ("latency_avg_ms", 1150.0),
        ("ttft_avg_ms", None),
        ("ttft_p50_ms", None),
    ],
)
def test_a_metric_has_its_value(metric: str, value: Value) -> None:
    assert values([metric], Measures(SUMS, {})) == {metric: value}


@pytest.mark.parametrize("metric", METRICS)
def test_over_nothing_counts_are_zero_and_shares_are_unknown(metric: str) -> None:
    expected: dict[str, Sequence[Value]] = {"count": [0], "usd": ["0.00"], "ratio": [None], "ms": [None]}
    assert values([metric], Measures({}, {}))[metric] in expected[METRICS[metric].unit]


def test_percentiles_are_read_from_merged_sketches() -> None:
    parts = [Measures({}, {"latency_sketch": rust_core.sketch_encode([value])}) for value in LATENCIES]
    asked = ["latency_p50_ms", "latency_p99_ms"]
    found = values(asked, merged(parts))
    assert found == {
        "latency_p50_ms": pytest.approx(200, rel=0.02),
        "latency_p99_ms": pytest.approx(4000, rel=0.02),
    }
    assert values(asked, merged(reversed(parts))) == found


def test_merging_adds_sums() -> None:
    assert merged([Measures({"events": 1}, {}), Measures({"events": 2, "errors": 1}, {})]) == Measures(
        {"events": 3, "errors": 1}, {}
    )
