"""Wider where more is expected and where the errors were; never narrower than what the errors said."""

import math

import numpy as np
import pytest

from models.phase_intervals import intervals_by_phase
from models.ports import Floats


def around(point: Floats, said: float, *errors: float) -> tuple[Floats, Floats]:
    """As many origins as errors: each said the same everywhere and was wrong by its error everywhere."""
    past = np.full((len(errors), len(point)), float(said))
    return past, past + np.array(errors)[:, None]


def test_where_all_is_alike_the_width_is_the_quantile_of_the_errors() -> None:
    point = np.full(2, 10.0)
    past, came = around(point, 10, 1, -2, 3, -4)
    found = intervals_by_phase(point, past, came, 1, -np.inf)[80]
    assert (found.low.tolist(), found.high.tolist()) == ([6, 6], [14, 14])  # rank ⌈5 · 0.8⌉ = 4 a cycle


def test_twice_as_much_expected_is_half_as_much_wider() -> None:
    point = np.array([20.0, 40.0])
    past = np.tile(point, (20, 1))
    found = intervals_by_phase(point, past, past + np.where(point > 30, 8.0, 6.4), 2, -np.inf)[80]
    width = found.high - point
    assert 1 < width[1] / width[0] < 1.6


def test_hours_with_larger_errors_get_wider_ones() -> None:
    point = np.full(6, 10.0)
    past = np.tile(point, (20, 1))
    errors = np.where(np.arange(6) == 3, 8.0, 1.0)
    width = intervals_by_phase(point, past, past + errors, 6, -np.inf)[95].high - point
    assert width[3] == max(width)
    assert width[3] > 1.3 * width[0]


def test_what_is_negative_has_no_size_of_its_own() -> None:
    point = np.array([-1.0, 100.0])
    past = np.tile(point, (20, 1))
    found = intervals_by_phase(point, past, past + 2, 2, -np.inf)[80]
    assert (found.high - point).tolist() == pytest.approx([2, 2])


def test_without_an_earlier_origin_nothing_is_promised() -> None:
    found = intervals_by_phase(np.ones(3), np.empty((0, 3)), np.empty((0, 3)), 2, 0.0)[80]
    assert (found.low.tolist(), found.high.tolist()) == ([0, 0, 0], [math.inf] * 3)


def test_a_gap_is_no_error() -> None:
    point = np.full(1, 10.0)
    past, came = around(point, 10, 1, 2, 3, 4)
    came[3] = np.nan
    assert intervals_by_phase(point, past, came, 1, 0.0)[80].high.tolist() == [math.inf]


def test_errors_of_nothing_at_all_are_a_width_of_nothing() -> None:
    past = np.zeros((9, 2))
    found = intervals_by_phase(np.zeros(2), past, past, 1, -np.inf)[80]
    assert (found.low.tolist(), found.high.tolist()) == ([0, 0], [0, 0])


def test_nothing_said_is_nothing_promised() -> None:
    unknown = np.full(2, np.nan)
    found = intervals_by_phase(unknown, np.full((9, 2), np.nan), np.ones((9, 2)), 1, 0.0)[80]
    assert np.isnan(found.high).all() or np.isinf(found.high).all()
