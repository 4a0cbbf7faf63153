"""From sums to values: exact where it is exact, None where there is nothing to say."""

import pytest

import rust_core
from analytics_hub.domain.answer import Value
from analytics_hub.domain.metrics import METRICS
from analytics_hub.query.measures import Columns, Measures, merged
from analytics_hub.query.values import value_columns, values

SUMS = {
    "events": 4,
    "errors": 1,
    "unpriced_events": 1,
    "total_tokens": 100,
    "unpriced_tokens": 25,
    "cost_pico_usd": 10**12 + 1,
    "latency_us_sum": 4_600_000,
    "latency_count": 4,
    "cache_read_tokens": 30,
    "input_tokens": 60,
    "output_tokens": 8,
    "output_reasoning_tokens": 2,
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
        ("cache_read_share", 0.333333),
        ("output_tokens_per_s", 2.174),
        ("cost_per_1k_requests_usd", "250.00000000025"),
        ("ttft_avg_ms", None),
        ("ttft_p50_ms", None),
    ],
)
def test_a_metric_has_its_value(metric: str, value: Value) -> None:
    assert values([metric], Measures(SUMS, {})) == {metric: value}


@pytest.mark.parametrize("metric", METRICS)
def test_over_nothing_counts_are_zero_and_shares_are_unknown(metric: str) -> None:
    nothings: dict[str, Value] = {"count": 0, "usd": "0.00"}
    nothing = nothings.get(METRICS[metric].unit)
    assert values([metric], Measures({}, {})) == {metric: None if METRICS[metric].per else nothing}


@pytest.mark.parametrize(
    ("pico", "events", "cost"),
    [
        (1, 400, "0.000000000002"),  # 2.5 and 3.5 pico-USD: half to even
        (7, 2_000, "0.000000000004"),
        (-1, 400, "-0.000000000002"),
        (10**30, 3, "333333333333333333333.333333333333"),
    ],
)
def test_the_cost_of_a_thousand_requests_is_rounded_once(pico: int, events: int, cost: str) -> None:
    found = values(["cost_per_1k_requests_usd"], Measures({"cost_pico_usd": pico, "events": events}, {}))
    assert found == {"cost_per_1k_requests_usd": cost}


def test_the_speed_of_output_does_not_count_tokens_of_events_without_latency() -> None:
    halved = {**SUMS, "events": 8, "output_tokens": 16, "output_reasoning_tokens": 4}
    assert values(["output_tokens_per_s"], Measures(halved, {})) == {"output_tokens_per_s": 2.174}


def test_percentiles_are_read_from_merged_sketches() -> None:
    parts = [Measures({}, {"latency_sketch": rust_core.sketch_encode([value])}) for value in LATENCIES]
    asked = ["latency_p50_ms", "latency_p99_ms", "latency_max_ms"]
    found = values(asked, merged(parts))
    assert found == {
        "latency_p50_ms": pytest.approx(200, rel=0.02),
        "latency_p99_ms": pytest.approx(4000, rel=0.02),
        "latency_max_ms": pytest.approx(4000, rel=0.02),
    }
    assert values(asked, merged(reversed(parts))) == found


def test_merging_adds_sums() -> None:
    assert merged([Measures({"events": 1}, {}), Measures({"events": 2, "errors": 1}, {})]) == Measures(
        {"events": 3, "errors": 1}, {}
    )


@pytest.mark.parametrize("metric", METRICS)
def test_a_column_has_the_value_of_each_of_its_rows(metric: str) -> None:
    sketch = rust_core.sketch_encode(LATENCIES)
    rows = [
        Measures(SUMS, {"latency_sketch": sketch, "ttft_sketch": b""}),
        Measures(dict.fromkeys(SUMS, 0), {"latency_sketch": b"", "ttft_sketch": sketch}),
        Measures(
            {name: 3 * value + 1 for name, value in SUMS.items()},
            {"latency_sketch": sketch, "ttft_sketch": b""},
        ),
    ]
    columns = Columns(
        len(rows),
        {name: [row.sums[name] for row in rows] for name in SUMS},
        {name: [row.sketches[name] for row in rows] for name in ("latency_sketch", "ttft_sketch")},
    )
    found = value_columns([metric], columns)[metric]
    assert list(found) == [values([metric], row)[metric] for row in rows]
