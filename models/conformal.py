"""Split-conformal intervals for any forecaster: as wide as it was wrong before, on values that it had not seen.

In: a forecaster and a history. Out: a `Forecast`. The last part of the history is forecast again from several origins;
an interval is the point plus and minus the quantile of those absolute errors that a finite sample needs,
rank ⌈(n + 1) · level⌉. Errors are pooled by the cycle of the horizon they lie in (the second day is harder than the
first). Where there are too few errors for a level, its bounds are infinite: nothing can be promised.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from models.phases import checked, known
from models.ports import Floats, Forecast, Forecaster, Interval
from models.rolling_origins import cost

LEVELS = (80, 95)
ORIGINS_MAX = 12
COSTLY = 50
"""A model of which a fit costs more than so many quick ones is asked from few origins only."""
ORIGINS_COSTLY = 3
"""Three days of hours are 72 errors a day of the horizon: enough for 95 %."""


def conformal_forecast(
    forecaster: Forecaster,
    history: Floats,
    horizon: int,
    season: int,
    *,
    levels: Sequence[int] = LEVELS,
    origins_max: int = ORIGINS_MAX,
    lowest: float = -np.inf,
) -> Forecast:
    """`lowest` is the least possible value: 0 for what cannot be negative."""
    checked(horizon, season)
    values = known(history)
    if cost(forecaster) > COSTLY:
        origins_max = min(origins_max, ORIGINS_COSTLY)
    point = np.maximum(forecaster.forecast(values, horizon, season), lowest)
    errors = _errors(forecaster, values, horizon, season, origins_max)
    return Forecast(point, intervals_of(point, errors, season, lowest, levels))


def intervals_of(
    point: Floats, errors: Floats, season: int, lowest: float, levels: Sequence[int] = LEVELS
) -> Mapping[int, Interval]:
    """From errors that were already made: absolute ones, a row an origin."""
    return {level: _interval(point, errors, season, level, lowest) for level in levels}


def _errors(forecaster: Forecaster, values: Floats, horizon: int, season: int, origins_max: int) -> Floats:
    """Absolute errors, one row an origin. Origins lie a cycle apart and leave two cycles of history before them."""
    rows = []
    for number in range(origins_max):
        origin = len(values) - horizon - number * season
        if origin < 2 * season:
            break
        seen, unseen = values[:origin], values[origin : origin + horizon]
        rows.append(np.abs(unseen - forecaster.forecast(seen, horizon, season)))
    return np.array(rows).reshape(len(rows), horizon)


def _interval(point: Floats, errors: Floats, season: int, level: int, lowest: float) -> Interval:
    width = np.empty_like(point)
    for first in range(0, len(point), season):
        block = errors[:, first : first + season]
        width[first : first + season] = _quantile(block[~np.isnan(block)], level)
    return Interval(np.maximum(point - width, lowest), np.maximum(point + width, lowest))


def _quantile(errors: Floats, level: int) -> float:
    rank = -(-(len(errors) + 1) * level // 100)
    return float(np.sort(errors)[rank - 1]) if rank <= len(errors) else np.inf
