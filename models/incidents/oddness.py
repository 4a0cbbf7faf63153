"""How odd each of the new hours of each series is, in robust deviations from what was expected.

In: a `Table`. Out: an `Oddness`. A value counts as odd as it is by the reference that explains it better: the same hour
of the last days, or of the last weeks. The deviation is made of three parts: what so few requests vary by chance
(Poisson, binomial), how far off the reference usually was, and what it rarely exceeded.
"""

from dataclasses import dataclass

import numpy as np

from models.incidents.baseline import DAY_H, SPREAD_H, Reference, baseline, zero_share
from models.incidents.ports import REQUESTS
from models.incidents.table import Table
from models.ports import Floats

LASTING_H = 4
"""Half as odd, but four hours on end, is as odd: independent errors would shrink by the root of four."""
_DAYS_KNOWN_MIN = 3
_WEEKS_KNOWN_MIN = 1
_SPREAD_MIN = 0.05
"""Nothing is known to five per cent."""
_SPREAD_UNKNOWN = 0.5
"""Of a young series: off by half is usual."""
_TAIL_SHARE = 1 / 4
"""What is exceeded in one hour of a hundred counts as four deviations."""
_RUN_TIMES = 1.5
_SHARE_SPREAD = 0.5
"""Failures come in bunches: their share is off by half usually."""


@dataclass(frozen=True, slots=True)
class Oddness:
    """A row a series, a column a new hour. `up` and `down` are deviations above and below, 0 where nothing is known.
    `lasting`: how far above all of the last hours were, as one value that is known so much better. `missing`: how
    unlikely the run of zeros up to here is, as minus its logarithm.
    """

    up: Floats
    down: Floats
    lasting: Floats
    expected: Floats
    deviation: Floats
    missing: Floats


def oddness(table: Table, new_h: int) -> Oddness:
    """Of the last `new_h` hours, each by those before it only."""
    first = table.length - new_h
    begin = max(first - LASTING_H + 1, 0)
    up, down, expected, deviation = _by_days_and_weeks(table, begin)
    new = slice(first - begin, None)
    return Oddness(
        up[:, new],
        down[:, new],
        _least_of_last(up)[:, new] * np.sqrt(LASTING_H),
        expected[:, new],
        deviation[:, new],
        _missing(table, first),
    )


def _by_days_and_weeks(table: Table, first: int) -> tuple[Floats, Floats, Floats, Floats]:
    base = baseline(table.values, table.of_form("sum"), first)
    values = table.values[:, first:]
    pooled = _pooled_share(table, first)
    sides = [
        _side(table, reference, base.day.spread, known_min, pooled)
        for reference, known_min in ((base.day, _DAYS_KNOWN_MIN), (base.week, _WEEKS_KNOWN_MIN))
    ]
    ups = [(values - side.above) / side.off_above for side in sides]
    downs = [(side.below - values) / side.off_below for side in sides]
    expected, deviation = _nearer(values, *sides)
    up, down = (np.maximum(np.nan_to_num(np.fmin(*each)), 0) for each in (ups, downs))
    return up, down, expected, deviation


def _least_of_last(values: Floats) -> Floats:
    before = np.zeros((len(values), LASTING_H - 1))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([before, values], axis=1), LASTING_H, axis=1
    )
    return np.asarray(windows.min(axis=2))


@dataclass(frozen=True, slots=True)
class _Side:
    """What one reference expects, the edges beyond which a value is odd, and the deviations there."""

    middle: Floats
    above: Floats
    below: Floats
    off_above: Floats
    off_below: Floats


def _side(table: Table, reference: Reference, spread_day: Floats, known_min: int, pooled: Floats) -> _Side:
    unknown = reference.known < known_min
    middle, above, below = (
        np.where(unknown, np.nan, np.fmax(one, pooled))
        for one in (reference.expected, reference.highest, reference.lowest)
    )
    spread = np.where(np.isnan(reference.spread), spread_day, reference.spread)
    spread = np.fmax(np.where(np.isnan(spread), _SPREAD_UNKNOWN, spread), _SPREAD_MIN)
    rare_above = np.fmax(reference.tail, reference.tail_share * np.abs(above))
    rare_below = reference.tail_below_share * np.abs(below)
    off_above, off_below = (
        _deviation(table, edge, np.fmax(spread * np.abs(edge), _TAIL_SHARE * np.nan_to_num(rare)))
        for edge, rare in ((above, rare_above), (below, rare_below))
    )
    return _Side(middle, above, below, off_above, off_below)


def _deviation(table: Table, expected: Floats, usually_off: Floats) -> Floats:
    """With what so few requests vary by chance: as a Poisson count, as a mean, as a binomial share."""
    size, few = np.abs(expected), np.maximum(table.weights[:, -expected.shape[1] :], 1)
    shares = table.of_form("share")[:, None]
    chance = np.where(table.of_metric(REQUESTS)[:, None], np.maximum(size, 1), size**2 / few)
    chance = np.where(shares, (size * np.maximum(1 - size, 0) + 1 / few) / few, chance)
    deviation = np.sqrt(chance + np.where(shares, _SHARE_SPREAD * size, usually_off) ** 2)
    return np.asarray(np.where(deviation > 0, deviation, np.nan))


def _pooled_share(table: Table, first: int) -> Floats:
    """Of a share, that of all requests of the two weeks before; NaN for what is no share."""
    counted = np.where(np.isfinite(table.weights), table.weights, 1.0)
    counted = np.where(np.isnan(table.values), 0, np.nan_to_num(counted))
    parts = np.cumsum(np.nan_to_num(table.values) * counted, axis=1)
    wholes = np.cumsum(counted, axis=1)
    last = np.arange(first, table.length) - 1
    before = last - SPREAD_H
    part, whole = (_at(sums, last) - _at(sums, before) for sums in (parts, wholes))
    return np.where(table.of_form("share")[:, None], (part + 0.5) / (whole + 50), np.nan)


def _at(sums: Floats, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    return np.where(places >= 0, sums[:, np.maximum(places, 0)], 0.0)


def _nearer(values: Floats, day: _Side, week: _Side) -> tuple[Floats, Floats]:
    """The reference that explains the value better; that of the days where there is no value."""
    worse_by_day = np.abs(values - day.middle) / day.off_above > np.abs(values - week.middle) / week.off_above
    by_week = ~np.isnan(week.middle) & (np.isnan(day.middle) | worse_by_day)
    return (
        np.where(by_week, week.middle, day.middle),
        np.where(by_week, week.off_above, day.off_above),
    )


def _missing(table: Table, first: int) -> Floats:
    """Summed over the zeros up to each hour, back to the last value above 0, a day at the most; nothing while it is not
    clearly more than all but one of the runs of the two weeks before: who often sends nothing is not missed.
    """
    start = max(first - SPREAD_H, 0)
    zero = table.values[:, start:] == 0
    total = np.cumsum(np.where(zero, -np.log(zero_share(table.values, start)), 0.0), axis=1)
    before_run = np.maximum.accumulate(np.where(zero, 0.0, total), axis=1)
    day_before = np.concatenate([np.zeros((len(total), DAY_H)), total], axis=1)[:, : total.shape[1]]
    run = np.where(zero, total - np.maximum(before_run, day_before), 0.0)
    ends = zero & ~np.concatenate([zero[:, 1:], zero[:, -1:]], axis=1)
    lead = np.zeros((len(run), SPREAD_H - (first - start)))
    finished = np.concatenate([lead, np.where(ends, run, 0.0)], axis=1)[:, :-1]
    windows = np.lib.stride_tricks.sliding_window_view(finished, SPREAD_H, axis=1)
    usual = np.partition(windows, -2, axis=2)[..., -2]
    run = run[:, first - start :]
    return np.asarray(np.where(run > _RUN_TIMES * usual, run, 0.0))
