"""Scores of forecasts against cases worked out by hand; the working stands beside each figure."""

import math

import numpy as np
import pytest

from models.ports import Floats, Interval
from models.scores.forecasts import coverage, mae, mase, msis, owa, seasonal_scale, smape, wape

NAN = math.nan


def floats(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


def test_mase_is_the_error_over_that_of_the_seasonal_naive_in_the_history() -> None:
    history = floats(1, 3, 2, 5)  # season 2: |2 - 1| = 1, |5 - 3| = 2, so the scale is 1.5
    assert seasonal_scale(history, 2) == 1.5
    # errors 1 and 2, mean 1.5, over 1.5
    assert mase(floats(4, 6), floats(3, 8), history, 2) == 1.0


def test_smape_is_of_the_mean_of_both_sizes() -> None:
    # 200 · 50 / 150 = 66.67 and 200 · 100 / 200 = 100, mean 83.33
    assert smape(floats(100, 50), floats(50, 150)) == pytest.approx(83.3333333)


def test_smape_of_a_zero_that_was_forecast_is_zero() -> None:
    assert smape(floats(0, 10), floats(0, 10)) == 0.0


def test_owa_takes_means_first_and_ratios_then() -> None:
    # sMAPE: mean 10 over mean 20 is 0.5; MASE: mean 1 over mean 4 is 0.25; the mean of both is 0.375
    assert owa(floats(5, 15), floats(0.5, 1.5), floats(10, 30), floats(2, 6)) == 0.375


def test_wape_is_the_sum_of_errors_over_the_sum_of_sizes() -> None:
    # errors 2, 1 and 6 of sizes 10, 0 and 30: 9 of 40
    assert wape(floats(10, 0, 30), floats(8, 1, 36)) == 0.225


def test_coverage_counts_values_on_the_bounds() -> None:
    interval = Interval(floats(1, 3, 2, 5), floats(2, 4, 3, 6))  # in, below, on the upper bound, below
    assert coverage(floats(1, 2, 3, 4), interval) == 0.5


def test_msis_punishes_what_lies_outside_by_two_over_alpha() -> None:
    interval = Interval(floats(4, 4, 4), floats(8, 8, 8))
    # level 80, so 2 / 0.2 = 10. Widths 4 + 4 + 4; 12 lies 4 above: 40; 1 lies 3 below: 30; mean 82 / 3; scale 2
    assert msis(floats(5, 12, 1), interval, floats(0, 2), 1, 80) == pytest.approx(82 / 3 / 2)


def test_steps_without_an_actual_value_do_not_count() -> None:
    assert mae(floats(1, NAN, 3), floats(2, 100, 3)) == 0.5
    assert smape(floats(NAN, 100), floats(7, 100)) == 0.0
    assert wape(floats(NAN, 10), floats(7, 5)) == 0.5


def test_a_forecast_that_says_less_does_not_score_better() -> None:
    assert math.isnan(mae(floats(1, 2), floats(1, NAN)))
    assert math.isnan(smape(floats(1, 2), floats(1, NAN)))
    assert math.isnan(wape(floats(1, 2), floats(1, NAN)))


def test_a_series_that_never_moved_has_no_scaled_error() -> None:
    assert math.isnan(mase(floats(1), floats(2), floats(5, 5, 5), 1))


def test_nothing_to_compare_gives_no_figure() -> None:
    assert math.isnan(mae(floats(), floats()))
    assert math.isnan(wape(floats(0, 0), floats(1, 1)))
    assert math.isnan(mase(floats(1), floats(2), floats(5), 1))
