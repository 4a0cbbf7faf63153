"""The weighted median of each column."""

import numpy as np

from models.weighted_median import weighted_median


def test_half_of_the_weight_lies_at_or_below_it() -> None:
    rows = np.array([[1.0], [5.0], [9.0]])
    assert weighted_median(rows, np.array([[1.0], [1.0], [3.0]])).tolist() == [9]
    assert weighted_median(rows, np.array([[2.0], [1.0], [1.0]])).tolist() == [1]


def test_what_is_not_known_weighs_nothing() -> None:
    rows = np.array([[np.nan, np.nan], [5.0, np.nan]])
    assert np.array_equal(weighted_median(rows, np.ones((2, 2))), [5, np.nan], equal_nan=True)


def test_one_row_of_weights_serves_every_column() -> None:
    rows = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 0.0]])
    assert weighted_median(rows, np.ones((3, 1))).tolist() == [2, 10]
