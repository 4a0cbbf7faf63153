"""How many robust deviations a value lies from the median of the same phase in the cycles before it.

In: values. Out: scores, `z / (1 + z)`. Median and MAD (median absolute deviation) are not moved by the few odd values
that are looked for. While fewer than `cycles_min` values of that phase are known, the last points stand in for them.
A phase that was always the same (no calls at night) says little about what is odd: its deviation is never taken as
less than a quarter of how the last points, or all values before, moved.
"""

import numpy as np

from models.phases import known, median_of_known
from models.ports import Flags, Floats

_MAD_TO_DEVIATION = 1.4826  # of a normal distribution
_RECENT_MAX = 96  # points: the last cycle costs as many numbers for each value
_FLOOR_SHARE = 0.25


class RobustZ:
    name = "robust_z"
    threshold = 8 / 9  # eight deviations

    def __init__(self, cycles: int = 14, cycles_min: int = 4, relative_min: float = 0.1) -> None:
        """`relative_min`: nor less than this share of the median: after a constant history a small move is not odd."""
        self._cycles, self._cycles_min, self._relative_min = cycles, cycles_min, relative_min

    def scores(self, values: Floats, season: int) -> Floats:
        values = known(values)
        phase = _lagged(values, season, self._cycles)
        recent = _lagged(values, 1, min(season, _RECENT_MAX))
        centre, spread = _centre_and_spread(phase)
        centre_recent, spread_recent = _centre_and_spread(recent)
        floor = _FLOOR_SHARE * np.nan_to_num(np.fmax(spread_recent, _deviation_before(values)))
        few, unknown = self._few(phase), self._few(recent)
        centre = np.where(few, np.where(unknown, np.nan, centre_recent), centre)
        spread = np.fmax(np.where(few, spread_recent, spread), floor)
        return _as_scores(np.abs(values - centre), np.fmax(spread, self._relative_min * np.abs(centre)))

    def _few(self, rows: Floats) -> Flags:
        return np.asarray(np.count_nonzero(~np.isnan(rows), axis=0) < self._cycles_min)


def _lagged(values: Floats, lag: int, count: int) -> Floats:
    """Row `k`: the values `(k + 1) · lag` points earlier; NaN before the first."""
    rows = np.full((count, len(values)), np.nan)
    for row, shift in zip(rows, range(lag, len(values), lag), strict=False):
        row[shift:] = values[:-shift]
    return rows


def _centre_and_spread(rows: Floats) -> tuple[Floats, Floats]:
    centre = median_of_known(rows)
    return centre, _MAD_TO_DEVIATION * median_of_known(np.abs(rows - centre))


def _deviation_before(values: Floats) -> Floats:
    """The standard deviation of all values before each; 0 before the first."""
    count = np.maximum(np.cumsum(~np.isnan(values)), 1)
    filled = np.nan_to_num(values)
    mean, square = np.cumsum(filled) / count, np.cumsum(filled * filled) / count
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.concatenate([[0.0], deviation])[: len(values)]


def _as_scores(distance: Floats, spread: Floats) -> Floats:
    """Without any spread, every distance is the greatest; without a value, there is none."""
    total = distance + spread
    scores = np.divide(distance, total, out=np.zeros_like(distance), where=total > 0)
    return np.nan_to_num(scores, nan=0.0)
