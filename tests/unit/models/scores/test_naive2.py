"""Naive2 as M4 has it: the season is taken out, the last value kept, the season put back."""

import numpy as np

from models.scores.naive2 import Naive2, seasonal_indices


def test_indices_say_how_much_higher_a_phase_is_than_the_average_around_it() -> None:
    # The centred average of 10, 20, 10 with weights 1/4, 1/2, 1/4 is 15: ratios 10 / 15 and 20 / 15
    assert np.allclose(seasonal_indices(np.array([10.0, 20.0] * 6), 2), [2 / 3, 4 / 3])


def test_indices_of_an_odd_season_use_a_plain_average() -> None:
    # Every average of three neighbours of 1, 2, 6 is 3
    assert np.allclose(seasonal_indices(np.array([1.0, 2.0, 6.0] * 4), 3), [1 / 3, 2 / 3, 2])


def test_the_season_is_put_back_where_the_forecast_stands() -> None:
    history = np.array(
        [10.0, 20.0] * 12 + [10.0]
    )  # the last level is 10 / (2/3) = 15; next comes the high phase
    assert np.allclose(Naive2().forecast(history, 3, 2), [20, 10, 20])


def test_a_series_without_a_season_keeps_its_last_value() -> None:
    history = np.random.default_rng(1).uniform(1, 2, 200)
    assert np.allclose(Naive2().forecast(history, 2, 24), history[-1])


def test_a_series_of_less_than_three_seasons_keeps_its_last_value() -> None:
    assert Naive2().forecast(np.array([1.0, 5.0, 1.0, 5.0, 1.0]), 2, 2).tolist() == [1.0, 1.0]


def test_a_series_that_reaches_zero_keeps_its_last_value() -> None:
    assert Naive2().forecast(np.array([0.0, 5.0] * 9), 2, 2).tolist() == [5.0, 5.0]
