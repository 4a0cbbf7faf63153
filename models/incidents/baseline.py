"""What is expected in an hour, by the same hour of the days and weeks before it, and how far off that usually is.

In: values, a row a series, and the hours that are asked for. Out: two `Reference`s, by day and by week. Everything is
a median or another quantile of what came before: a few odd values do not move it. Where a sum is usually not 0, its
zeros are gaps and no part of the baseline.
"""

from dataclasses import dataclass

import numpy as np

from models.earlier import earlier
from models.phases import median_of_known
from models.ports import Flags, Floats

DAY_H = 24
WEEK_H = 7 * DAY_H
DAYS = 14
WEEKS = 3
SPREAD_H = 14 * DAY_H
"""How wrong a reference was is measured over the two weeks before."""
_MAD_TO_DEVIATION = 1.4826  # of a normal distribution
_TAIL = 0.99
"""Of two weeks of hours: the fourth largest. What happens twice a week is no incident."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A row a series, a column an hour. `expected` is NaN where nothing is known. `highest` and `lowest` are the bounds
    of it for sums: with the hours beside, for work that begins earlier on some days, and for the days when clocks
    change; of weeks, of any of them, for what is done every other week. `spread` and
    `tail_share` are shares of what is expected, `tail` is in the unit of the values: what is rarely exceeded.
    """

    expected: Floats
    highest: Floats
    lowest: Floats
    known: Floats
    spread: Floats
    tail_share: Floats
    tail: Floats
    tail_below_share: Floats


@dataclass(frozen=True, slots=True)
class Baseline:
    """By the same hour of the last two weeks' days, and of the last weeks."""

    day: Reference
    week: Reference


def baseline(values: Floats, sums: Flags, first: int) -> Baseline:
    """For the hours from `first` to the last one."""
    begin = first - SPREAD_H - 1
    hours = np.arange(
        begin, values.shape[1] + 1
    )  # with one beside on each side: nothing later is needed for it
    days = earlier(values, hours, DAY_H, DAYS)
    weeks = earlier(values, hours, WEEK_H, WEEKS)
    positive, some = np.count_nonzero(days > 0, axis=0), np.count_nonzero(~np.isnan(days), axis=0)
    usually = (2 * positive > some) & sums[:, None]
    actual = earlier(values, hours[1:-1], 0, 1)[0]
    return Baseline(
        _reference(np.where(usually & (days == 0), np.nan, days), actual, sums),
        _reference(np.where(usually & (weeks == 0), np.nan, weeks), actual, sums, any_of=True),
    )


def _reference(rows: Floats, actual: Floats, sums: Flags, *, any_of: bool = False) -> Reference:
    expected = median_of_known(rows)
    most, least = (np.fmax.reduce(rows), np.fmin.reduce(rows)) if any_of else (expected, expected)
    inner = expected[:, 1:-1]
    highest = np.where(sums[:, None], np.fmax.reduce(_three(most)), inner)
    lowest = np.where(sums[:, None], np.fmin.reduce(_three(least)), inner)
    off = np.abs(actual - inner)
    above = np.maximum(actual - highest, 0)
    safe = np.where(inner > 0, inner, np.nan)
    wanted = slice(SPREAD_H, None)
    return Reference(
        inner[:, wanted],
        highest[:, wanted],
        lowest[:, wanted],
        np.count_nonzero(~np.isnan(rows), axis=0)[:, 1:-1][:, wanted].astype(np.float64),
        _MAD_TO_DEVIATION * _before(off / safe, 0.5),
        _before(above / safe, _TAIL),
        _before(above, _TAIL),
        _before(np.maximum(lowest - actual, 0) / safe, _TAIL),
    )


def _three(rows: Floats) -> Floats:
    return np.stack([rows[:, :-2], rows[:, 1:-1], rows[:, 2:]])


def _before(values: Floats, share: float) -> Floats:
    """The quantile of what is known in the `SPREAD_H` hours before each hour."""
    windows = np.lib.stride_tricks.sliding_window_view(values[:, :-1], SPREAD_H, axis=1)
    ordered = np.sort(windows, axis=2)  # NaN comes last
    count = np.count_nonzero(~np.isnan(windows), axis=2)
    place = np.minimum((count * share).astype(np.int64), np.maximum(count - 1, 0))
    return np.take_along_axis(ordered, place[..., None], axis=2)[..., 0]
