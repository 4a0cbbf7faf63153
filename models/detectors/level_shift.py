"""A change that lasts: values that are all odd, each of them perhaps too little to be reported alone.

In: values. Out: scores. The least of the last deviations, times the root of how many they are: independent errors of a
mean shrink by that root, so half as odd four times is as odd as odd once.
"""

import numpy as np

from models.detectors.robust_z import RobustZ
from models.ports import Floats

LASTS = 4
_LARGEST = 1 - 1e-12  # of a score, so that it can be turned back


class LevelShift:
    name = "level_shift"
    threshold = 8 / 9  # as the robust z

    def __init__(self, lasts: int = LASTS) -> None:
        self._lasts = lasts
        self._odd = RobustZ()

    def scores(self, values: Floats, season: int) -> Floats:
        scores = np.minimum(self._odd.scores(values, season), _LARGEST)
        deviations = lasting(scores / (1 - scores), self._lasts)
        return np.asarray(deviations / (1 + deviations))


def lasting(deviations: Floats, lasts: int = LASTS) -> Floats:
    """Along the last axis, of deviations that are 0 where a value is not odd in this direction."""
    if deviations.shape[-1] == 0:
        return deviations
    before = np.zeros((*deviations.shape[:-1], lasts - 1))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([before, deviations], axis=-1), lasts, axis=-1
    )
    return np.asarray(windows.min(axis=-1) * np.sqrt(lasts))
