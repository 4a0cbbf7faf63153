"""Intervals that are wider where more is expected, and in the hours in which the forecaster was wrong before.

In: a forecast, the forecasts of the same forecaster from earlier origins (a row each, a cycle apart), and what came.
Out: an interval a level. Errors are divided by the size of what was expected and by the usual error of their phase; the
split-conformal quantile of what is left (`conformal.py`) is multiplied by both again (locally weighted conformal
prediction, Lei et al. 2018).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from models.conformal import intervals_of
from models.ports import Floats, Interval

# Half of a size is that of this hour, half the mean of all: an hour that is expected to be empty is not certain to be.
_OWN_SIZE: Final = 0.5
# A phase was seen as often as there are origins: its own mean is trusted by a third only.
_OWN_PHASE: Final = 1 / 3


def intervals_by_phase(
    point: Floats, past: Floats, came: Floats, season: int, lowest: float
) -> Mapping[int, Interval]:
    size, sizes = _sizes(point, past)
    errors = np.abs(came - past) / sizes
    usual = np.resize(_usual(errors, season), len(point))
    relative = intervals_of(np.zeros_like(point), errors / usual, season, -np.inf)
    found = {}
    for level, interval in relative.items():
        width = interval.high * usual * size
        found[level] = Interval(np.maximum(point - width, lowest), np.maximum(point + width, lowest))
    return found


def _sizes(point: Floats, past: Floats) -> tuple[Floats, Floats]:
    """Of what may be negative an hour has no size of its own."""
    said = np.concatenate([point[None], past])
    mean = float(np.mean(np.abs(said[~np.isnan(said)]))) if not np.isnan(said).all() else 0.0
    if mean == 0 or np.nanmin(said) < 0:
        return np.ones_like(point), np.ones_like(past)
    shares = _OWN_SIZE * said / mean + (1 - _OWN_SIZE)
    return shares[0], shares[1:]


def _usual(errors: Floats, season: int) -> Floats:
    """The usual error of each phase over that of all, smoothed over its neighbours; 1 where there is none."""
    phases = np.arange(errors.shape[1]) % season
    seen = ~np.isnan(errors)
    total = np.bincount(phases, np.sum(np.where(seen, errors, 0.0), axis=0), minlength=season)
    count = np.bincount(phases, np.sum(seen, axis=0), minlength=season)
    whole = float(np.sum(total)) / max(int(np.sum(count)), 1)
    if whole == 0:
        return np.ones(season)
    own = np.where(count > 0, total / np.maximum(count, 1) / whole, 1.0)
    smooth = np.roll(own, 1) / 4 + own / 2 + np.roll(own, -1) / 4
    return np.asarray(_OWN_PHASE * smooth + (1 - _OWN_PHASE))
