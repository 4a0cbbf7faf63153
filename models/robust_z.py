"""How many robust deviations a value lies from the median of the same phase in the cycles before it.

In: values. Out: scores, `z / (1 + z)`. Median and MAD (median absolute deviation) are not moved by the few odd values
that are looked for. While fewer than `cycles_min` values of that phase are known, the last cycle stands in for them.
"""

import numpy as np

from models.phases import known, median_of_known
from models.ports import Floats

_MAD_TO_DEVIATION = 1.4826  # of a normal distribution
_RECENT_MAX = 96  # points: the last cycle costs as many numbers for each value


class RobustZ:
    name = "robust_z"
    threshold = 6 / 7  # six deviations

    def __init__(self, cycles: int = 14, cycles_min: int = 4, relative_min: float = 0.05) -> None:
        """`relative_min`: a deviation is never taken as less than this share of the median, so that a series which
        was constant is not strange at its first small move.
        """
        self._cycles, self._cycles_min, self._relative_min = cycles, cycles_min, relative_min

    def scores(self, values: Floats, season: int) -> Floats:
        values = known(values)
        same_phase = _lagged(values, season, self._cycles)
        recent = _lagged(values, 1, min(season, _RECENT_MAX))
        few = np.count_nonzero(~np.isnan(same_phase), axis=0) < self._cycles_min
        centre, spread = _centre_and_spread(same_phase)
        centre_recent, spread_recent = _centre_and_spread(recent)
        unknown = np.count_nonzero(~np.isnan(recent), axis=0) < self._cycles_min
        centre = np.where(few, np.where(unknown, np.nan, centre_recent), centre)
        # A phase that was always the same (no calls at night) is measured by how the series moves as a whole.
        quiet = np.nan_to_num(spread_recent) / 4
        spread = np.where(few, spread_recent, np.fmax(spread, quiet))
        spread = np.fmax(spread, self._relative_min * np.abs(centre))
        return _as_scores(np.abs(values - centre), spread)


def _lagged(values: Floats, lag: int, count: int) -> Floats:
    """Row `k`: the values `(k + 1) · lag` points earlier; NaN before the first."""
    rows = np.full((count, len(values)), np.nan)
    for row, shift in zip(rows, range(lag, len(values), lag), strict=False):
        row[shift:] = values[:-shift]
    return rows


def _centre_and_spread(rows: Floats) -> tuple[Floats, Floats]:
    centre = median_of_known(rows)
    return centre, _MAD_TO_DEVIATION * median_of_known(np.abs(rows - centre))


def _as_scores(distance: Floats, spread: Floats) -> Floats:
    """Without any spread, every distance is the greatest; without a value, there is none."""
    total = distance + spread
    scores = np.divide(distance, total, out=np.zeros_like(distance), where=total > 0)
    return np.nan_to_num(scores, nan=0.0)
