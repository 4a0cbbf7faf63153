"""The benchmark of models scores the same usage in every process, with something going on in some of it."""

import numpy as np

from benchmarks.models_data import ODD_EVERY, series, watched

METRICS = ("requests", "cost_usd", "latency_ms")
HOURS = 672


def test_a_tenant_has_the_same_hours_each_time() -> None:
    for first, second in zip(watched(3, HOURS, METRICS), watched(3, HOURS, METRICS), strict=True):
        assert first.metric == second.metric
        assert np.array_equal(first.values, second.values, equal_nan=True)


def test_ratios_carry_their_requests_and_sums_do_not() -> None:
    requests, cost, latency = watched(3, HOURS, METRICS)
    assert requests.weights is None
    assert cost.weights is None
    assert latency.weights is not None
    assert np.array_equal(latency.weights, requests.values)


def test_something_begins_in_the_newest_hours_of_some() -> None:
    requests = watched(ODD_EVERY, HOURS, METRICS)[0].values
    assert requests[-2:].min() > 3 * requests[-26:-24].max()


def test_a_daily_series_is_the_sum_of_hours() -> None:
    assert np.allclose(series(5, 30, 24), series(5, 30 * 24, 1).reshape(30, 24).sum(axis=1))
