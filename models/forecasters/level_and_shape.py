"""A shape of the cycle times a level: each taken by weighted medians, so that an outage moves neither.

In: a history. Out: the shape of the last cycles at the level of the last hours. Shape and levels are the rank-one
approximation of the cycles in absolute error, by alternating weighted medians (Hawkins, Liu and Young 2001, "Robust
singular value decomposition"): given the shape, the level of a cycle is the median of its values over the shape,
weighted by the shape; given the levels, the shape is the median over the cycles, the younger ones weighing more. What
is not positive has no such shape; it is answered by the medians of its phases.
"""

from typing import Final

import numpy as np

from models.forecasters.median_of_seasonal_naives import MedianOfSeasonalNaives
from models.phases import by_phase, checked, known, median_of_known
from models.ports import Floats
from models.weighted_median import weighted_median

CYCLES_MAX: Final = 14
SHAPE_HALF_LIFE: Final = 3.0
"""In cycles. On the visible ServeGen files 3 was better than 2 and 4, in both populations."""
LEVEL_CYCLES: Final = 2
LEVEL_HALF_LIFE: Final = 1 / 3
"""In cycles: 8 hours of a day; from 6 to 12 hardly differ."""
SHAPE_LEAST: Final = 0.05
"""A phase that is nearly always empty tells nothing of the level."""
_ROUNDS: Final = 3


class LevelAndShape:
    name = "level_and_shape"
    trust = 3.0
    """Counts thrice in a selection (`models/selection.py`): its errors in a backtest tell less than its robustness."""

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        values = known(history)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            cycle = _cycle(values, season)
        if not np.isfinite(cycle).all():
            return MedianOfSeasonalNaives().forecast(values, horizon, season)
        return np.resize(cycle, horizon)


def _cycle(values: Floats, season: int) -> Floats:
    """The next cycle; NaN when there is no positive level."""
    rows = by_phase(values, season, CYCLES_MAX)
    if len(rows) < 2 or not np.nanmax(rows, initial=-np.inf) > 0:
        return np.full(season, np.nan)
    young = 0.5 ** (np.arange(len(rows))[::-1, None] / SHAPE_HALF_LIFE)
    level = _positive(median_of_known(rows.T), rows)
    shape = _normal(weighted_median(rows / level[:, None], young))
    for _ in range(_ROUNDS - 1):
        weight = np.where(np.isnan(shape), 0, np.maximum(shape, 0))
        level = _positive(weighted_median((rows / np.maximum(shape, SHAPE_LEAST)).T, weight[:, None]), rows)
        shape = _normal(weighted_median(rows / level[:, None], young))
    shape = np.where(np.isnan(shape), median_of_known(shape), shape)
    tail = rows[-LEVEL_CYCLES:].ravel()
    fresh = 0.5 ** (np.arange(len(tail))[::-1] / (LEVEL_HALF_LIFE * season))
    same = np.resize(shape, len(tail))
    now = weighted_median(
        (tail / np.maximum(same, SHAPE_LEAST))[:, None], (np.maximum(same, 0) * fresh)[:, None]
    )
    return np.asarray(shape * now[0])


def _positive(level: Floats, rows: Floats) -> Floats:
    """Where the median of a cycle is 0, its mean; a cycle of nothing has no shape."""
    count = np.maximum(np.count_nonzero(~np.isnan(rows), axis=1), 1)
    mean = np.nansum(rows / count[:, None], axis=1)
    level = np.where(level > 0, level, mean)
    return np.where(level > 0, level, np.nan)


def _normal(shape: Floats) -> Floats:
    """With a mean of 1 over the phases that are known; flat where all are 0."""
    seen = shape[~np.isnan(shape)]
    mean = np.sum(seen) / max(len(seen), 1)
    return shape / mean if mean > 0 else np.where(np.isnan(shape), shape, 1.0)
