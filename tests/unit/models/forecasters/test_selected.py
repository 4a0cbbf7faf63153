"""The selection as a forecaster: what it says is what `select` says, with its intervals."""

import numpy as np

from models.forecasters.rolling_median import RollingMedian
from models.forecasters.seasonal_naive import SeasonalNaive
from models.forecasters.selected import FITS_MAX, Selected, quick_members
from models.ports import IntervalForecaster
from models.rolling_origins import ORIGINS_MAX, cost


def test_it_brings_its_own_intervals() -> None:
    forecaster = Selected([RollingMedian()])
    history = np.tile([1.0, 5.0, 3.0], 12) + np.random.default_rng(1).normal(0, 0.1, 36)
    found = forecaster.forecast_with_intervals(history, 3, 3, lowest=0.0)
    assert isinstance(forecaster, IntervalForecaster)
    assert np.array_equal(found.point, forecaster.forecast(history, 3, 3))
    assert (found.intervals[80].high - found.intervals[80].low < 2).all()


def test_no_quick_member_drops_out_of_its_budget() -> None:
    own = 2  # the seasonal naive and the median combination
    asked = own + sum(cost(member) for member in quick_members())
    assert asked * (ORIGINS_MAX + 1) <= FITS_MAX


def test_it_follows_a_week_that_the_seasonal_naive_does_not_see() -> None:
    week = np.repeat([10.0, 10, 10, 10, 10, 2, 2], 6)
    history = np.tile(week, 8) * np.random.default_rng(4).normal(1, 0.05, 8 * 42)
    saturday = Selected().forecast(history[: 7 * 42 + 30], 6, 6)
    assert (
        np.abs(saturday - 2).max() < np.abs(SeasonalNaive().forecast(history[: 7 * 42 + 30], 6, 6) - 2).max()
    )
    assert np.abs(saturday - 2).max() < 4
