"""Intervals from errors that were already made: as wide as the forecaster was wrong before.

In: a forecast, and what the same forecaster was wrong by from earlier origins, a row an origin. Out: an interval a
level: the quantile of the errors of rank ⌈(n + 1) · level⌉ (split-conformal), pooled by the cycle of the horizon. Too
few errors for a level, and its bounds are infinite.
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Final

import numpy as np

from models.conformal import intervals_of
from models.ports import Floats, Interval

FLOOR_SHARE: Final = 0.1
"""Of the mean forecast: an hour that is expected to be empty is not certain to be."""


def intervals_by_size(
    point: Floats, past: Floats, actual: Floats, season: int, lowest: float
) -> Mapping[int, Interval]:
    """Wider where more is expected, by its square root, as counts are; and wider where few days were judged: the errors
    of one day go together, so how much they vary is known from as many days as there are origins.
    """
    floor = FLOOR_SHARE * float(np.mean(np.abs(np.concatenate([past, point[None]]))))
    size, sizes = np.sqrt(np.abs(point) + floor), np.sqrt(np.abs(past) + floor)
    errors = np.divide(np.abs(actual - past), sizes, out=np.zeros_like(past), where=sizes > 0)
    relative = intervals_of(np.zeros_like(point), errors, season, -np.inf)
    found = {}
    for level, interval in relative.items():
        width = interval.high * wider(level, max(len(past), 1))
        width = np.where(np.isinf(width), np.inf, np.where(np.isinf(width), 0, width) * size)
        found[level] = Interval(np.maximum(point - width, lowest), np.maximum(point + width, lowest))
    return found


def normal(level: int) -> float:
    """So many standard deviations from the mean to either side."""
    return NormalDist().inv_cdf(0.5 + level / 200)


def wider(level: int, count: float) -> float:
    """The quantile of Student's distribution over the normal one, for a spread known from so many errors: the first
    term of its expansion (Cornish and Fisher 1938).
    """
    return 1 + (normal(level) ** 2 + 1) / (4 * count)
