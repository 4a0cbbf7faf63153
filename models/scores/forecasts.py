"""Scores of forecasts. In: actual values, forecast values, and the history for a scale. Out: one figure.

Only steps at which the actual value is known count. A figure that is not defined (no such step, a scale of 0) is NaN,
never 0: whoever takes a mean leaves it out and says how many he left out. A forecast that says NaN where a value
came is scored NaN as a whole: it must not look better by saying less.
"""

import numpy as np

from models.ports import Floats, Interval


def mae(actual: Floats, forecast: Floats) -> float:
    """Mean absolute error."""
    return _mean(np.abs(actual - forecast)[~np.isnan(actual)])


def seasonal_scale(history: Floats, season: int) -> float:
    """The mean absolute error of the seasonal naive inside the history: the denominator of MASE and MSIS."""
    steps = np.abs(history[season:] - history[:-season])
    return _mean(steps[~np.isnan(steps)])


def mase(actual: Floats, forecast: Floats, history: Floats, season: int) -> float:
    """Mean absolute scaled error (Hyndman and Koehler 2006, as in M4): 1 is as good as the seasonal naive was."""
    return _ratio(mae(actual, forecast), seasonal_scale(history, season))


def smape(actual: Floats, forecast: Floats) -> float:
    """Symmetric mean absolute percentage error as in M4, 0 to 200; 0 for a zero that was forecast."""
    seen = ~np.isnan(actual)
    error = np.abs(actual - forecast)[seen]
    size = (np.abs(actual) + np.abs(forecast))[seen]
    return _mean(np.divide(200 * error, size, out=np.where(np.isnan(size), np.nan, 0.0), where=size > 0))


def owa(smapes: Floats, mases: Floats, smapes_naive2: Floats, mases_naive2: Floats) -> float:
    """Overall weighted average of M4: both means over all series, each over that of Naive2, averaged."""
    return (_ratio(_mean(smapes), _mean(smapes_naive2)) + _ratio(_mean(mases), _mean(mases_naive2))) / 2


def wape(actual: Floats, forecast: Floats) -> float:
    """Weighted absolute percentage error: the sum of errors over the sum of sizes. Pooled: of several series joined."""
    seen = ~np.isnan(actual)
    return _ratio(float(np.abs(actual - forecast)[seen].sum()), float(np.abs(actual)[seen].sum()))


def coverage(actual: Floats, interval: Interval) -> float:
    """The share of values inside the interval, bounds included."""
    seen = ~np.isnan(actual)
    return _mean(((actual >= interval.low) & (actual <= interval.high))[seen].astype(np.float64))


def msis(actual: Floats, interval: Interval, history: Floats, season: int, level: int) -> float:
    """Mean scaled interval score of M4: the width, and 2 / (1 - level) of the distance outside it; scaled as MASE."""
    seen = ~np.isnan(actual)
    below = np.maximum(interval.low - actual, 0)
    above = np.maximum(actual - interval.high, 0)
    alpha = 1 - level / 100
    score = (interval.high - interval.low) + 2 / alpha * (below + above)
    return _ratio(_mean(score[seen]), seasonal_scale(history, season))


def _mean(values: Floats) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else np.nan
