"""Zeros where the same hours always had something: how unlikely the run of zeros is, by what came before.

In: counts, or money. Out: scores; for incidents, minus the logarithm of that likelihood, of several series at once. A
zero is as likely as it was in the same phase, and those beside it, of the last two weeks' cycles; where one of the last
three weeks had one there, it says nothing. A run's likelihood is the product over its zeros. It counts only where it is
clearly less than that of all but one of the runs before: who often sends nothing is not missed. NaN is no zero.
"""

import numpy as np

from models.earlier import earlier
from models.phases import known
from models.ports import Floats

_CYCLES = 14
_WEEK = 7
_WEEKS = 3
_RUN_TIMES = 1.5
_NUMBERS_MAX = 4_000_000
"""Of a window before each value: so many are looked at together, some 30 MB."""


class Gap:
    name = "gap"
    threshold = 8 / 9  # a chance below one in 3,000: two zeros of who never stopped

    def scores(self, values: Floats, season: int) -> Floats:
        rows = known(values)[None, :]
        at_once = max(1, _NUMBERS_MAX // (_CYCLES * season))
        parts = [
            unlikely_zeros(rows[:, : first + at_once], first, season)[0]
            for first in range(0, rows.shape[1], at_once)
        ]
        found = np.concatenate([np.empty(0), *parts])
        return np.asarray(found / (1 + found))


def unlikely_zeros(values: Floats, first: int, season: int) -> Floats:
    """For the values from `first` on: minus the logarithm of how likely the run of zeros up to each is, over one cycle
    at the most; 0 outside of runs.
    """
    window = _CYCLES * season
    start = max(first - window, 0)
    zero = values[:, start:] == 0
    total = np.cumsum(np.where(zero, -np.log(_zero_share(values, start, season)), 0.0), axis=1)
    before_run = np.maximum.accumulate(np.where(zero, 0.0, total), axis=1)
    cycle_before = np.concatenate([np.zeros((len(total), season)), total], axis=1)[:, : total.shape[1]]
    run = np.where(zero, total - np.maximum(before_run, cycle_before), 0.0)
    usual = _second_longest(np.where(_is_last(zero), run, 0.0), window, window - (first - start))
    run = run[:, first - start :]
    return np.asarray(np.where(run > _RUN_TIMES * usual, run, 0.0))


def _is_last(
    zero: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Of a run that something followed."""
    return np.asarray(zero & ~np.concatenate([zero[:, 1:], zero[:, -1:]], axis=1))


def _second_longest(runs: Floats, window: int, missing: int) -> Floats:
    """In the window before each value; `missing` values before the first one are none."""
    padded = np.concatenate([np.zeros((len(runs), missing)), runs], axis=1)[:, :-1]
    windows = np.lib.stride_tricks.sliding_window_view(padded, window, axis=1)
    return np.asarray(np.partition(windows, -2, axis=2)[..., -2] if window > 1 else 0 * windows[..., 0])


def _zero_share(values: Floats, first: int, season: int) -> Floats:
    places = np.arange(first - 1, values.shape[1] + 1)  # one beside on each side
    zeros, some = _counts(earlier(values, places, season, _CYCLES))
    zeros_beside, some_beside = _of_three(zeros), _of_three(some)
    by_cycle = np.where(some_beside > 0, (zeros_beside + 0.5) / (some_beside + 1), 1.0)
    zeros, some = _counts(earlier(values, places, _WEEK * season, _WEEKS))
    return np.asarray(np.fmax(by_cycle, np.where(zeros > 0, 1.0, 0.0)[:, 1:-1]))


def _counts(rows: Floats) -> tuple[Floats, Floats]:
    zeros = np.count_nonzero(rows == 0, axis=0).astype(np.float64)
    return zeros, np.count_nonzero(~np.isnan(rows), axis=0).astype(np.float64)


def _of_three(counts: Floats) -> Floats:
    return np.asarray(counts[:, :-2] + counts[:, 1:-1] + counts[:, 2:])
