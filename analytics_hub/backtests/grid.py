"""Puts values with moments on an even grid: sorted, a gap is NaN, several values of one moment are averaged.

In: seconds and values in any order. Out: values a step apart. The step is the usual distance; a moment that lies
between two steps goes to the one before it.
"""

from dataclasses import dataclass

import numpy as np

from analytics_hub.domain.errors import InvalidInput
from models.ports import Floats

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Grid:
    first_s: float
    step_s: float
    values: Floats

    @property
    def season(self) -> int:
        """Points a day."""
        return max(1, round(DAY_S / self.step_s))


def usual_step_s(seconds: Floats) -> float:
    """The median distance of neighbours; a day for fewer than two moments."""
    distances = np.diff(np.unique(seconds))
    return float(np.median(distances)) if len(distances) else DAY_S


def on_grid(seconds: Floats, values: Floats, points_max: int) -> Grid:
    """`points_max` bounds what one moment far away may cost."""
    if len(seconds) == 0:
        return Grid(0.0, DAY_S, np.empty(0))
    step, first = usual_step_s(seconds), float(np.min(seconds))
    places = ((seconds - first) // step).astype(np.int64)
    length = int(places.max()) + 1
    if length > points_max:
        raise InvalidInput(
            "span_too_long", "time", f"{length:,} points of {step:g} s, {points_max:,} at most"
        )
    seen = ~np.isnan(values)
    count = np.bincount(places[seen], minlength=length)
    total = np.bincount(places[seen], weights=values[seen], minlength=length)
    return Grid(first, step, np.where(count > 0, total / np.maximum(count, 1), np.nan))
