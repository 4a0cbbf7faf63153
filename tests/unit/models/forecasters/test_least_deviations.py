"""A line through what is usual: odd values do not bend it, and columns that say the same are no trouble."""

import numpy as np
import pytest

from models.forecasters.learning_scale import LearningScale
from models.forecasters.least_deviations import fit


def test_a_tenth_of_wild_values_does_not_bend_the_line() -> None:
    rows = np.random.default_rng(1).normal(0, 1, (200, 2))
    came = 5 + rows @ [2.0, -1.0]
    came[::10] += 1000
    level, weights = fit(rows, came)
    assert [level, *weights] == pytest.approx([5, 2, -1], abs=0.1)


def test_columns_that_say_the_same_share_the_weight() -> None:
    column = np.random.default_rng(2).normal(0, 1, 100)
    _, weights = fit(np.stack([column, column], axis=1), 3 * column)
    assert np.sum(weights) == pytest.approx(3, abs=0.01)


def test_a_column_that_never_moves_and_what_never_moves_give_a_finite_line() -> None:
    level, weights = fit(np.ones((20, 2)), np.full(20, 4.0))
    assert level + np.ones(2) @ weights == pytest.approx(4)


def test_positive_values_are_learned_as_logarithms_and_others_as_they_are() -> None:
    assert LearningScale.of(np.array([1.0, np.e])).learned(np.array([np.e])).tolist() == [1]
    assert LearningScale.of(np.array([-1.0, 0.0, 1.0])).learned(np.array([0.0])).tolist() == [0]


@pytest.mark.parametrize("values", [[1.0, 5.0, 9.0], [-4.0, 0.0, 9.0], [0.0, 0.0], [1e18, 1e-18]])
def test_there_and_back_is_where_one_was(values: list[float]) -> None:
    scale = LearningScale.of(np.array(values))
    assert np.allclose(scale.values(scale.learned(np.array(values))), values)


def test_what_comes_back_is_in_reach_of_what_was_seen() -> None:
    logs, plain = LearningScale.of(np.array([1.0, 100.0])), LearningScale.of(np.array([-5.0, 5.0]))
    assert logs.values(np.array([1e9])).tolist() == pytest.approx([100 * np.e])
    assert plain.values(np.array([1e9, -1e9])).tolist() == [15, -15]
    assert not logs.reaches(np.array([np.nan]))
