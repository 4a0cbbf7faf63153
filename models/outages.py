"""Values that are missing rather than low: an hour in which a service was down says nothing of the hours to come.

In: a history that cannot be negative. Out: the same, with gaps for values under a tenth of what their phase usually
has at the level of the last cycles. Rare ones only: where they are not, being low is how the series is. The level is
that of the cycles before a value, so a series that ends is taken for an outage until half of them are low, and is
believed then.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.phases import median_of_known
from models.ports import Floats

LOW: Final = 0.1
"""Any share from 0.05 to 0.2 marks nearly the same hours."""
RARE: Final = 0.05
"""More than every twentieth hour: not an outage."""
LEVEL_CYCLES: Final = 3


def without_outages(values: Floats, season: int) -> Floats:
    if len(values) == 0:
        return values
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        low = values < LOW * _usual(values, season)
    rare = np.count_nonzero(low) <= RARE * np.count_nonzero(~np.isnan(values))
    return np.where(low, np.nan, values) if rare else values


def _usual(values: Floats, season: int) -> Floats:
    window = LEVEL_CYCLES * season
    padded = np.concatenate([np.full(window - 1, np.nan), values])
    level = median_of_known(sliding_window_view(padded, window).T)
    share = np.where(level > 0, values / level, np.nan)
    whole = np.concatenate([share, np.full(-len(share) % season, np.nan)]).reshape(-1, season)
    phase = median_of_known(np.where(np.isfinite(whole), whole, np.nan))
    return np.asarray(level * np.resize(phase, len(values)))
