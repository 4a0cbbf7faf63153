"""A level times a shape, neither of which an outage or a burst moves."""

import numpy as np

from models.forecasters.level_and_shape import LevelAndShape
from models.ports import Floats

SHAPE = np.array([1.0, 2.0, 4.0, 1.0])


def grown(days: int) -> Floats:
    """Every day a tenth more than the day before."""
    return np.asarray((1.1 ** np.arange(days)[:, None] * SHAPE).ravel())


def test_the_shape_comes_back_at_the_level_of_the_last_cycle() -> None:
    assert np.allclose(LevelAndShape().forecast(grown(12), 5, 4), 1.1**11 * np.array([1, 2, 4, 1, 1]))


def test_an_outage_yesterday_is_not_forecast_again() -> None:
    history = np.tile(SHAPE, 12)
    history[-3] = 0.0
    assert np.allclose(LevelAndShape().forecast(history, 4, 4), SHAPE)


def test_one_burst_moves_neither_shape_nor_level() -> None:
    history = np.tile(SHAPE, 12)
    history[-6] = 1e6
    assert np.allclose(LevelAndShape().forecast(history, 4, 4), SHAPE)


def test_a_new_level_is_followed_within_a_cycle() -> None:
    history = np.concatenate([np.tile(SHAPE, 12), 10 * SHAPE])
    assert np.allclose(LevelAndShape().forecast(history, 4, 4), 10 * SHAPE)


def test_a_phase_that_was_never_known_lies_in_the_middle_of_the_shape() -> None:
    history = np.tile([1.0, np.nan, 3.0, 2.0], 5)
    assert np.allclose(LevelAndShape().forecast(history, 4, 4), [1, 2, 3, 2])


def test_what_is_never_positive_has_the_medians_of_its_phases() -> None:
    assert LevelAndShape().forecast(np.tile([-1.0, -5.0], 6), 3, 2).tolist() == [-1, -5, -1]
