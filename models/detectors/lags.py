"""Values some points earlier, for detectors: nothing here looks ahead, and no result hangs on how long a series is.

In: values as `models.phases.known` gives them. Out: arrays of the same length, NaN where nothing is known yet.
"""

import numpy as np

from models.phases import known
from models.ports import Floats

_LARGEST = 1e100  # its square is a number still
_ROUNDING = 1e-9  # of a value: what is less is the arithmetic's


def bounded(values: Floats) -> Floats:
    """What is known of the values, no further from zero than can be squared."""
    return np.clip(known(values), -_LARGEST, _LARGEST)


def filled(values: Floats) -> Floats:
    """Gaps take the last value known before them; NaN before the first."""
    places = np.where(np.isnan(values), 0, np.arange(len(values)))
    return values[np.maximum.accumulate(places)]


def lagged(values: Floats, lag: int) -> Floats:
    """The values `lag` points earlier."""
    earlier = np.full(len(values), np.nan)
    if lag < len(values):
        earlier[lag:] = values[: len(values) - lag]
    return earlier


def recent_mean(values: Floats, count: int) -> Floats:
    """The mean of the last `count` values."""
    total = np.zeros(len(values))
    for lag in range(count):
        total += lagged(values, lag)
    return total / count


def mean_and_spread(values: Floats) -> tuple[float, float]:
    """To measure by: the mean and the standard deviation, 1 where nothing moved."""
    mean, spread = float(np.mean(values)), float(np.std(values))
    return mean, spread if spread > _ROUNDING * abs(mean) else 1.0


def beyond_rounding(distance: Floats, values: Floats) -> Floats:
    """Distances of values, and 0 for what is the arithmetic's."""
    return np.where(distance < _ROUNDING * np.abs(values), 0.0, distance)


def moments(length: int, first: int, growth: float) -> list[int]:
    """Where a model is fitted to everything before: from `first` on, whenever the history grew by so much."""
    found = []
    at = float(first)
    while at < length:
        found.append(int(at))
        at = max(at * growth, at + 1)
    return found
