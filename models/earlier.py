"""The values some lags before given places, for several series at once.

In: values, a row a series, places in them. Out: values by lag, series and place.
"""

import numpy as np
from numpy.typing import NDArray

from models.ports import Floats


def earlier(values: Floats, places: NDArray[np.int64], lag: int, count: int) -> Floats:
    """`lag`, 2 · `lag`, … `count` · `lag` before each place; a place outside of what is there has NaN."""
    wanted = places[None, :] - lag * np.arange(1, count + 1)[:, None]
    inside = (wanted >= 0) & (wanted < values.shape[1])
    taken = values[:, np.clip(wanted, 0, values.shape[1] - 1)]
    return np.moveaxis(np.where(inside, taken, np.nan), 1, 0)
