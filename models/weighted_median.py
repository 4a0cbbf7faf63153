"""The weighted median: half of the weight lies at or below it.

In: rows of values, and their weights. Out: one value a column. NaN weighs nothing.
"""

import numpy as np

from models.ports import Floats


def weighted_median(rows: Floats, weights: Floats) -> Floats:
    """Of each column: the least value at which half of the weight of what is known is reached; NaN without weight."""
    weights = np.where(np.isnan(rows), 0.0, weights)
    order = np.argsort(rows, axis=0)  # NaN comes last
    reached = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    middle = np.argmax(reached >= reached[-1] / 2, axis=0)
    found = np.take_along_axis(rows, np.take_along_axis(order, middle[None], axis=0), axis=0)[0]
    return np.where(reached[-1] > 0, found, np.nan)
