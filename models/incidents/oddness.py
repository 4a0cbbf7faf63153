"""How odd each of the new hours of each series is, in robust deviations from what was expected.

In: a `Table`. Out: an `Oddness`. A value counts as odd as it is by the reference that explains it better: the same hour
of the last days, or of the last weeks. The deviation is made of three parts: what so few requests vary by chance
(Poisson, binomial), how far off the reference usually was, and what it rarely exceeded.
"""

from dataclasses import dataclass

import numpy as np

from models.detectors.gap import unlikely_zeros
from models.detectors.level_shift import LASTS, lasting
from models.incidents.baseline import DAY_H, SPREAD_H, Reference, baseline
from models.incidents.ports import REQUESTS
from models.incidents.table import Table
from models.ports import Floats

_DAYS_KNOWN_MIN = 3
_WEEKS_KNOWN_MIN = 1
_SPREAD_MIN = 0.05
"""Nothing is known to five per cent."""
_SPREAD_UNKNOWN = 0.5
"""Of a young series: off by half is usual."""
_TAIL_SHARE = 1 / 4
"""What is exceeded in one hour of a hundred counts as four deviations."""
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
    begin = max(first - LASTS + 1, 0)
    up, down, expected, deviation = _by_days_and_weeks(table, begin)
    new = slice(first - begin, None)
    return Oddness(
        up[:, new],
        down[:, new],
        lasting(up)[:, new],
        expected[:, new],
        deviation[:, new],
        unlikely_zeros(table.values, first, DAY_H),
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
