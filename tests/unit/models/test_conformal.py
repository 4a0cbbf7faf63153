"""Intervals are as wide as the forecaster was wrong before; too few errors promise nothing."""

import math

import numpy as np
import pytest

from models.conformal import COSTLY, conformal_forecast
from models.forecasters.seasonal_naive import SeasonalNaive
from models.ports import Floats
from models.scores.forecasts import coverage


class Zero:
    """Says 0: its errors are the values themselves."""

    name = "zero"

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:  # noqa: ARG002
        return np.zeros(horizon)


def test_the_width_is_the_quantile_of_the_errors_by_rank() -> None:
    history = np.array([9.0, 9.0, 1.0, -2.0, 3.0, 4.0])
    found = conformal_forecast(Zero(), history, 1, 1, levels=(60, 80), origins_max=4)
    # errors 1, 2, 3, 4: rank ⌈5 · 0.6⌉ = 3 and ⌈5 · 0.8⌉ = 4
    assert (found.intervals[60].low[0], found.intervals[60].high[0]) == (-3, 3)
    assert (found.intervals[80].low[0], found.intervals[80].high[0]) == (-4, 4)


def test_too_few_errors_promise_nothing() -> None:
    found = conformal_forecast(Zero(), np.array([9.0, 9.0, 1.0, 2.0]), 1, 1, levels=(95,))
    assert (found.intervals[95].low[0], found.intervals[95].high[0]) == (-math.inf, math.inf)


def test_a_gap_in_the_history_is_no_error() -> None:
    history = np.array([9.0, 9.0, 1.0, math.nan, 3.0, 4.0])
    found = conformal_forecast(Zero(), history, 1, 1, levels=(75,), origins_max=4)
    assert found.intervals[75].high[0] == 4  # errors 1, 3, 4: rank ⌈4 · 0.75⌉ = 3


def test_the_second_cycle_has_a_width_of_its_own() -> None:
    history = np.concatenate([np.zeros(8), [1.0, 2.0]])
    found = conformal_forecast(Zero(), history, 2, 1, levels=(50,), origins_max=1)
    assert found.intervals[50].high.tolist() == [1, 2]


def test_a_model_that_costs_much_is_asked_from_few_origins() -> None:
    class Costly(Zero):
        fits = COSTLY + 1

    found = conformal_forecast(Costly(), np.arange(20.0), 1, 1, levels=(75,))
    assert found.intervals[75].high[0] == 19  # of the last three errors, 17, 18 and 19, the largest


def test_what_cannot_be_negative_is_not() -> None:
    history = np.array([9.0, 9.0, 1.0, 2.0, 3.0, 4.0])
    found = conformal_forecast(Zero(), history, 1, 1, levels=(80,), lowest=0.0)
    assert found.intervals[80].low[0] == 0.0


@pytest.mark.parametrize("values", [[], [math.nan], [5.0], [1e18] * 60, [-3.0, math.inf] * 30])
def test_bad_histories_give_an_answer(values: list[float]) -> None:
    found = conformal_forecast(SeasonalNaive(), np.array(values, dtype=np.float64), 4, 2)
    assert found.point.shape == found.intervals[80].low.shape == (4,)


def test_noise_is_covered_about_as_often_as_promised() -> None:
    random = np.random.default_rng(3)
    hits = []
    for _ in range(60):
        values = random.normal(100, 10, 15 * 24)
        found = conformal_forecast(SeasonalNaive(), values[:-24], 24, 24)
        hits.append(coverage(values[-24:], found.intervals[80]))
    assert 0.77 < np.mean(hits) < 0.83
