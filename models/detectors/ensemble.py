"""What several detectors agree on: the mean of their surprises.

In: values. Out: scores. Each member says how strange a value is in a unit of its own; the tails of their histories make
these comparable, and in the mean one member that is far off does not report alone what the others find usual.
"""

from collections.abc import Sequence

import numpy as np

from models.detectors.forecast_residual import ForecastResidual
from models.detectors.seasonal_difference import SeasonalDifference
from models.detectors.shape_novelty import ShapeNovelty
from models.detectors.tails import ODD, StrangenessOf, as_scores, surprises
from models.detectors.value_novelty import ValueNovelty
from models.ports import Floats


class Ensemble:
    name = "ensemble"
    threshold = ODD

    def __init__(self, members: Sequence[StrangenessOf] | None = None) -> None:
        self._members = members or (ValueNovelty(), ShapeNovelty(), SeasonalDifference(), ForecastResidual())

    def scores(self, values: Floats, season: int) -> Floats:
        total = np.zeros(len(values))
        for member in self._members:
            total += surprises(member.strangeness(values, season))
        return as_scores(total / len(self._members))
