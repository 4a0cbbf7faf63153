"""Naive2, the reference of M4's OWA: the last value, after the season was taken out, with the season put back.

In: a history. Out: a forecast. As in the competition's code: a 90 % test of the autocorrelation at the season says
whether there is one; it is taken out by classical multiplicative decomposition. A series with a value of 0 or less, or
shorter than three cycles, is taken as it is. It belongs to the scores and is no model to choose: OWA needs it.
"""

import numpy as np

from models.phases import checked, known
from models.ports import Floats

_T_90 = 1.645  # the competition's critical value


class Naive2:
    name = "naive2"

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        checked(horizon, season)
        values = known(history)
        values = values[~np.isnan(values)]
        if len(values) == 0:
            return np.full(horizon, np.nan)
        if not _has_season(values, season):
            return np.full(horizon, values[-1])
        indices = seasonal_indices(values, season)
        last = values[-1] / indices[(len(values) - 1) % season]
        ahead = (len(values) + np.arange(horizon)) % season
        return np.asarray(last * indices[ahead])


def seasonal_indices(values: Floats, season: int) -> Floats:
    """How much higher each phase is than the moving average around it; their mean is 1. Phase 0 is the first one's."""
    weights = np.ones(season + 1 - season % 2) / season
    if season % 2 == 0:
        weights[[0, -1]] /= 2
    reach = len(weights) // 2
    average = np.full(len(values), np.nan)
    average[reach : len(values) - reach] = np.convolve(values, weights, mode="valid")
    ratios = values / average
    figure = np.array([np.mean(one[~np.isnan(one)]) for one in (ratios[k::season] for k in range(season))])
    return np.asarray(figure / np.mean(figure))


def _has_season(values: Floats, season: int) -> bool:
    if season < 2 or len(values) < 3 * season or np.min(values) <= 0:
        return False
    centred = (values - np.mean(values)) / max(np.max(np.abs(values)), 1e-300)
    total = float(centred @ centred)
    if total <= 0:
        return False
    lags = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, season + 1)]) / total
    limit = _T_90 / np.sqrt(len(values)) * np.sqrt(1 + 2 * np.sum(lags[:-1] ** 2))
    return bool(abs(lags[-1]) > limit)
