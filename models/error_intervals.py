"""Intervals from errors that were already made: as wide as the forecaster was wrong before.

In: a forecast and the absolute errors of the same forecaster from earlier origins, a row an origin. Out: an interval a
level: the quantile of the errors of rank ⌈(n + 1) · level⌉ (split-conformal), pooled by the cycle of the horizon. Too
few errors for a level, and its bounds are infinite.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from models.conformal import LEVELS
from models.ports import Floats, Interval


def intervals_of(
    point: Floats, errors: Floats, season: int, lowest: float, levels: Sequence[int] = LEVELS
) -> Mapping[int, Interval]:
    found = {}
    for level in levels:
        width = np.empty_like(point)
        for first in range(0, len(point), season):
            block = errors[:, first : first + season]
            width[first : first + season] = _quantile(block[~np.isnan(block)], level)
        found[level] = Interval(np.maximum(point - width, lowest), np.maximum(point + width, lowest))
    return found


def _quantile(errors: Floats, level: int) -> float:
    rank = -(-(len(errors) + 1) * level // 100)
    return float(np.sort(errors)[rank - 1]) if rank <= len(errors) else np.inf
