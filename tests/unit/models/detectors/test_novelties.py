"""What each detector of the ensemble is for: an odd value, an odd shape, an odd hour, what was not to be expected."""

import math

import numpy as np

from models.detectors.forecast_residual import ForecastResidual
from models.detectors.seasonal_difference import SeasonalDifference
from models.detectors.shape_novelty import ShapeNovelty
from models.detectors.value_novelty import ValueNovelty
from models.ports import Floats


def waves(count: int, seed: int = 1) -> Floats:
    """Days of 24 values with a little noise."""
    hours = np.arange(count * 24)
    noise = np.random.default_rng(seed).normal(0, 1, len(hours))
    return np.asarray(100 + 50 * np.sin(hours * 2 * np.pi / 24) + noise)


def test_the_distance_is_the_mean_to_the_nearest_earlier_values() -> None:
    values = np.concatenate([np.tile([0.0, 10.0], 8), [4.0, 11.0]])
    assert ValueNovelty(neighbours=2).strangeness(values, 1)[-2:].tolist() == [4.0, 1.0]


def test_a_value_between_two_levels_is_as_novel_as_one_above_them() -> None:
    values = np.concatenate([np.tile([0.0, 10.0], 8), [5.0, 15.0]])
    between, above = ValueNovelty(neighbours=2).strangeness(values, 1)[-2:]
    assert between == above == 5.0


def test_the_distance_of_a_shape_is_to_the_nearest_row_that_shares_no_value_with_it() -> None:
    values = np.concatenate([np.arange(20.0), [20.0, 30.0]])
    found = ShapeNovelty(length=2).strangeness(values, 1)
    # Rows (19, 20) and (20, 30) against (14, 15), the last before their block
    assert found[-2:].tolist() == [math.sqrt(50), math.sqrt(36 + 225)]


def test_a_day_that_stands_still_has_a_shape_that_was_never_there() -> None:
    values = waves(20)
    values[400:412] = values[300]  # a value of every day
    scores = ShapeNovelty().scores(values, 24)
    assert scores[400:412].max() >= ShapeNovelty.threshold
    assert ValueNovelty().scores(values, 24)[400:412].max() < ValueNovelty.threshold


def test_a_morning_that_does_not_come_is_far_from_the_day_before() -> None:
    values = waves(20)
    values[384:408] = 50 + np.random.default_rng(2).normal(0, 1, 24)
    assert SeasonalDifference().scores(values, 24)[384:408].max() >= SeasonalDifference.threshold


def test_the_regression_expects_a_steady_rise() -> None:
    values = np.random.default_rng(4).normal(0, 1, 480) + np.arange(480)
    values[470] += 30
    residual = ForecastResidual().strangeness(values, 24)
    assert np.nanmedian(residual[300:]) < 2
    assert 25 < residual[470] < 35


def test_a_gap_makes_neither_itself_nor_the_value_a_day_later_strange() -> None:
    values = waves(20)
    values[400:406] = math.nan
    found = SeasonalDifference().strangeness(values, 24)
    assert np.isnan(found[400:406]).all()
    assert np.isnan(found[424:430]).all()
