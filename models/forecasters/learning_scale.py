"""Values as a linear model learns them: logarithms where all are positive, else distances from the median.

In: a history. Out: a `LearningScale` to go there and back. What comes back is kept within reach of what was seen: a
recursion that runs away ends at a bound, and not at infinity.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.ports import Floats

# A forecast may leave the range that was seen by that range, and of logarithms upwards by at most a factor of e.
_LOGS_ABOVE: Final = 1.0
_LOG_MAX: Final = 709.0  # the exponential of more is infinite


@dataclass(frozen=True, slots=True)
class LearningScale:
    logs: bool
    centre: float
    spread: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Floats) -> "LearningScale":
        """`values` has no gaps and at least one value."""
        logs = bool(np.min(values) > 0)
        centre, spread = 0.0, 1.0
        if not logs:
            centre = float(np.median(values))
            spread = float(np.mean(np.abs(values - centre))) or 1.0
        seen = np.log(values) if logs else (values - centre) / spread
        low, high = float(np.min(seen)), float(np.max(seen))
        reach = high - low
        above = min(high + min(reach, _LOGS_ABOVE), _LOG_MAX) if logs else high + reach
        return cls(logs, centre, spread, low - reach, above)

    def learned(self, values: Floats) -> Floats:
        return np.log(values) if self.logs else (values - self.centre) / self.spread

    def reaches(self, learned: Floats) -> bool:
        """Whether all of it is finite and within reach."""
        return bool(np.all((learned >= self.low) & (learned <= self.high)))

    def values(self, learned: Floats) -> Floats:
        bounded = np.clip(learned, self.low, self.high)
        return np.exp(bounded) if self.logs else self.centre + self.spread * bounded
