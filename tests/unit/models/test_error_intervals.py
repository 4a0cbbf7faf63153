"""Intervals from errors that were made: wider where more is expected, and where few days were judged."""

import math

import numpy as np
import pytest

from models.error_intervals import FLOOR_SHARE, intervals_by_size, normal, wider


def test_the_width_grows_with_the_square_root_of_what_is_expected() -> None:
    past = np.full((20, 2), 100.0)
    actual = past + np.where(np.arange(20)[:, None] % 2, 10.0, -10.0)
    point = np.array([100.0, 400.0])
    found = intervals_by_size(point, past, actual, 2, 0.0)[80]
    width = found.high - point
    floor = FLOOR_SHARE * np.mean([*[100.0] * 41, 400.0])
    assert width[0] == pytest.approx(10 * wider(80, 20))
    assert width[1] / width[0] == pytest.approx(math.sqrt((400 + floor) / (100 + floor)))


def test_few_days_widen_as_students_distribution_does() -> None:
    # Student's quantiles at 97.5 % with 7 and 30 degrees of freedom: 2.365 and 2.042
    assert normal(95) * wider(95, 7) == pytest.approx(2.365, abs=0.08)
    assert normal(95) * wider(95, 30) == pytest.approx(2.042, abs=0.01)


def test_no_error_is_no_width_and_no_origin_promises_nothing() -> None:
    point = np.array([3.0, 0.0])
    sure = intervals_by_size(point, np.tile(point, (20, 1)), np.tile(point, (20, 1)), 2, 0.0)[95]
    unsure = intervals_by_size(point, np.empty((0, 2)), np.empty((0, 2)), 2, 0.0)[95]
    assert (sure.low.tolist(), sure.high.tolist()) == ([3, 0], [3, 0])
    assert (unsure.low.tolist(), unsure.high.tolist()) == ([0, 0], [math.inf, math.inf])


def test_a_gap_in_what_came_is_no_error() -> None:
    past, actual = np.full((10, 1), 100.0), np.full((10, 1), 101.0)
    actual[3] = math.nan
    found = intervals_by_size(np.array([100.0]), past, actual, 1, -math.inf)[80]
    assert found.high[0] == pytest.approx(100 + wider(80, 10))
