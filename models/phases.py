"""Values by their phase in the cycle, and medians that skip what is not known.

In: arrays of `models/ports.py`. Out: arrays in which NaN is the only value that is not finite.
"""

import numpy as np

from models.ports import Floats


def known(values: Floats) -> Floats:
    """The values as floats of one dimension, with NaN for everything that is not finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"one dimension is expected, not {array.ndim}")
    return np.where(np.isfinite(array), array, np.nan)


def by_phase(values: Floats, season: int, cycles_max: int) -> Floats:
    """The last cycles, one row a cycle, oldest first; column `k` is the phase of the `k`-th value that follows.

    The first row is filled up with NaN when it is not whole.
    """
    tail = values[-cycles_max * season :]
    missing = -len(tail) % season
    return np.concatenate([np.full(missing, np.nan), tail]).reshape(-1, season)


def median_of_known(rows: Floats) -> Floats:
    """The median along the first axis of what is known; NaN where nothing is."""
    if len(rows) == 0:
        return np.full(rows.shape[1:], np.nan)
    ordered = np.sort(rows, axis=0)  # NaN comes last
    count = np.count_nonzero(~np.isnan(rows), axis=0)
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0)[None] // 2, axis=0)[0]
    higher = np.take_along_axis(ordered, np.minimum(count // 2, len(rows) - 1)[None], axis=0)[0]
    return np.where(count > 0, lower / 2 + higher / 2, np.nan)


def repeated(cycle: Floats, horizon: int, otherwise: float) -> Floats:
    """The cycle again and again, `horizon` values of it; `otherwise` for phases that are not known."""
    return np.resize(np.where(np.isnan(cycle), otherwise, cycle), horizon)


def checked(horizon: int, season: int) -> None:
    """The caller's numbers, not the data's: a wrong one is a mistake in the program."""
    if horizon < 1 or season < 1:
        raise ValueError(f"horizon and season are positive, not {horizon} and {season}")


def from_first_known(values: Floats) -> Floats:
    """Without the gap that a series may begin with; none when nothing is known."""
    seen = ~np.isnan(values)
    return values[int(np.argmax(seen)) :] if seen.any() else values[:0]


def filled(values: Floats, *cycles: int) -> Floats:
    """Each gap as the cycle before had it, or the next one that knew; of several cycles the first that does, and the
    median where none does: `filled(values, 168, 24)` takes the hour of a week ago before that of yesterday.
    """
    whole = values
    for cycle in cycles:
        if not np.isnan(whole).any():
            break
        whole = _from_neighbours(whole, cycle)
    return np.where(np.isnan(whole), float(median_of_known(values)), whole)


def _from_neighbours(values: Floats, cycle: int) -> Floats:
    rows = by_phase(values, cycle, -(-len(values) // cycle)).copy()
    for order in (range(1, len(rows)), range(len(rows) - 2, -1, -1)):
        for row in order:
            rows[row] = np.where(np.isnan(rows[row]), rows[row - order.step], rows[row])
    return rows.reshape(-1)[len(rows) * cycle - len(values) :]
