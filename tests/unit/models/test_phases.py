"""Gaps are filled from the same phase: the cycle before, the next one that knew, the median."""

import math

import numpy as np

from models.phases import filled, from_first_known

NAN = math.nan


def test_a_gap_is_what_the_cycle_before_had() -> None:
    assert filled(np.array([1.0, 2, 3, NAN, 5, NAN]), 2).tolist() == [1, 2, 3, 2, 5, 2]


def test_a_gap_in_the_first_cycle_is_what_the_next_one_had() -> None:
    assert filled(np.array([NAN, 2.0, 7, 4]), 2).tolist() == [7, 2, 7, 4]


def test_a_phase_that_was_never_known_is_the_median() -> None:
    assert filled(np.array([NAN, 2.0, NAN, 4]), 2).tolist() == [3, 2, 3, 4]


def test_the_longer_cycle_is_asked_first() -> None:
    assert filled(np.array([1.0, 2, 3, 4, NAN]), 4, 1).tolist() == [1, 2, 3, 4, 1]
    assert filled(np.array([1.0, 2, NAN]), 4, 1).tolist() == [1, 2, 2]


def test_nothing_is_filled_with_nothing() -> None:
    assert np.isnan(filled(np.array([NAN, NAN]), 2)).all()
    assert filled(np.empty(0), 2).tolist() == []


def test_the_gap_before_the_first_value_is_no_history() -> None:
    assert from_first_known(np.array([NAN, 1.0, NAN])).tolist()[0] == 1
    assert len(from_first_known(np.array([NAN]))) == 0
