"""The windowed Gaussian of NAB v1.1, the mark of that benchmark: how far in the tail of the last values a value lies.

In: values. Out: scores. The window grows value by value to `window`, then moves on by `step` values at once, as in
numenta/NAB, `nab/detectors/gaussian`; gaps are left out of it. It knows no season.
"""

import math

import numpy as np

from models.phases import known
from models.ports import Floats

_STANDARD_DEVIATION_MIN = 0.000001  # of a constant window, as in NAB


class WindowedGaussian:
    name = "windowed_gaussian"
    threshold = 0.9999  # 3.7 standard deviations

    def __init__(self, window: int = 6400, step: int = 100) -> None:
        """The defaults were tuned on NAB by its authors."""
        self._window, self._step = window, step

    def scores(self, values: Floats, season: int) -> Floats:  # noqa: ARG002 - the port names it
        values = known(values)
        scores = np.zeros(len(values))
        places = np.flatnonzero(~np.isnan(values))
        kept = values[places]
        mean, deviation = 0.0, 1.0
        for count, (place, value) in enumerate(zip(places, kept, strict=True)):
            if count > 0:
                scores[place] = 1 - _tail((value - mean) / deviation)
            if count < self._window:
                mean, deviation = _moments(kept[: count + 1])
            elif (count + 1 - self._window) % self._step == 0:
                mean, deviation = _moments(kept[count + 1 - self._window : count + 1])
        return scores


def _tail(deviations: float) -> float:
    """The share of a normal distribution that lies further out on this side."""
    return 0.5 * math.erfc(abs(deviations) / math.sqrt(2))


def _moments(window: Floats) -> tuple[float, float]:
    return float(np.mean(window)), float(np.std(window)) or _STANDARD_DEVIATION_MIN
