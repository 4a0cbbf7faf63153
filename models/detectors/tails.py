"""How far in the tail of its own history a strangeness lies: what makes detectors of any unit comparable.

In: a strangeness for each value, in any unit, higher is stranger, NaN where it is not known. Out: surprises, the
negative decimal logarithm of the share of values expected to be at least as strange: 3 is one in a thousand.

Inside the history that share is counted (a conformal p-value: ties are never strange). Above its highest tenth it is
that of a generalised Pareto distribution, fitted by moments (Hosking & Wallis 1987): peaks over threshold, as in Siffer
et al. 2017 (SPOT). All of the history counts, brought up to date every `BLOCK` values.
"""

from typing import Protocol

import numpy as np

from models.ports import Floats

BLOCK = 16  # values; what is strange within one does not make the rest of it less so
WARM_UP = 72  # known values, three days of hours, before anything is surprising: fewer say little of a tail
_TAIL_SHARE = 0.1
_TAIL_MIN = 8  # values that a tail is fitted to
_SHAPE_MAX = 0.5  # of the Pareto distribution: its variance is finite below
SURPRISE_MAX = 6.0  # one in a million: more is not known of a few thousand values
_USUAL_LENGTH = 1000
ODD = 0.95  # the default threshold of all that score by tails: one in twenty, for sets with many odd hours
ODD_RESIDUAL = 0.99  # of errors of single values, whose tails are short and often reached


class StrangenessOf(Protocol):
    """The part of a detector that is its own; the rest is the same for all."""

    def strangeness(self, values: Floats, season: int) -> Floats:
        """Causal, not negative; NaN for a gap and where too little came before."""


def tail_scores(strangeness: Floats) -> Floats:
    return as_scores(surprises(strangeness))


def as_scores(surprise: Floats) -> Floats:
    """The share of values that are less surprising."""
    return np.asarray(1 - 10 ** -np.maximum(surprise, 0))


def surprises(strangeness: Floats, warm_up: int = WARM_UP) -> Floats:
    """From -`SURPRISE_MAX` to `SURPRISE_MAX`, less the longer the history; 0 where nothing is known.

    With a fixed share of values reported, reports grow with the length of a series; incidents do not as fast. So a
    share counts times the root of the number of values, in thousands.
    """
    found = np.zeros(len(strangeness))
    history = np.empty(0)
    for begin in range(0, len(strangeness), BLOCK):
        block = strangeness[begin : begin + BLOCK]
        if len(history) >= warm_up:
            surprise = np.minimum(-np.log10(_tail_share(history, block)), SURPRISE_MAX)
            surprise -= np.log10(len(history) / _USUAL_LENGTH) / 2
            found[begin : begin + BLOCK] = np.nan_to_num(surprise)
        history = np.sort(np.concatenate([history, block[~np.isnan(block)]]), kind="stable")
    return found


def _tail_share(history: Floats, block: Floats) -> Floats:
    """The expected share of values that are at least as strange; NaN for NaN."""
    count = len(history)
    tail = max(int(count * _TAIL_SHARE), _TAIL_MIN)
    begin = history[count - tail - 1]
    mean, variance = _excess_moments(history[count - tail :] - begin)
    counted = (count + 1 - np.searchsorted(history, block, side="left")) / (count + 1)
    if mean == 0:  # most were the same: whatever is above is one of the few
        return np.where(np.isnan(block), np.nan, counted)
    excess = np.maximum(block - begin, 0) / mean
    fitted = tail / count * _pareto_survival(excess, variance)
    beyond = np.where(block > history[-1], np.minimum(fitted, counted), fitted)
    return np.where(block > begin, beyond, np.where(np.isnan(block), np.nan, counted))


def _excess_moments(excess: Floats) -> tuple[float, float]:
    """The mean, and the variance over its square."""
    mean = float(np.mean(excess))
    return mean, float(np.var(excess / mean)) if mean > 0 else 0.0


def _pareto_survival(excess: Floats, variance: float) -> Floats:
    """Of excesses over their mean, by the moments of the distribution."""
    shape = min(max((1 - 1 / variance) / 2, -_SHAPE_MAX), _SHAPE_MAX) if variance > 0 else -_SHAPE_MAX
    scaled = excess / (1 - shape)
    least = 10**-SURPRISE_MAX
    if abs(shape) < 1e-6:
        return np.asarray(np.maximum(np.exp(-scaled), least))
    base = np.maximum(1 + shape * scaled, 1e-9)
    return np.asarray(np.clip(base ** (-1 / shape), least, 1))
