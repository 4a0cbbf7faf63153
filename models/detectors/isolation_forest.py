"""How few random cuts part a value from those before it, by its level, its moves and its hour (Liu et al. 2008).

In: values and the season. Out: scores: the tail of the forest's score in its own history. A forest looks at the value,
its change, its distance from the mean of the last values, and that mean's from a cycle before. It is grown anew from
what came before whenever the history has grown by two fifths, and scores what comes until then: causal. Growing takes
a tenth of a second each: for backtests and nights, not for every hour.
"""

from itertools import pairwise

import numpy as np
from sklearn.ensemble import IsolationForest as Forest

from models.detectors.lags import bounded, filled, lagged, mean_and_spread, moments, recent_mean
from models.detectors.tails import ODD, WARM_UP, tail_scores
from models.ports import Flags, Floats

_GROWTH = 1.4
_MEMORY = 4000  # values that a forest is grown from
_SMOOTH = 6
_LEAST = 1e-9  # deviations


class IsolationForest:
    name = "isolation_forest"
    threshold = ODD

    def __init__(self, trees: int = 100, first: int = WARM_UP, seed: int = 1) -> None:
        """`first`: so many values before the first forest."""
        self._trees, self._first, self._seed = trees, first, seed

    def scores(self, values: Floats, season: int) -> Floats:
        return tail_scores(self.strangeness(values, season))

    def strangeness(self, values: Floats, season: int) -> Floats:
        values = bounded(values)
        found = np.full(len(values), np.nan)
        if len(values) < self._first:
            return found
        looks = _looks(values, season)
        whole: Flags = ~(np.isnan(looks[:, 0]) | np.isnan(values))
        for begin, end in pairwise([*moments(len(values), self._first, _GROWTH), len(values)]):
            past = looks[max(0, begin - _MEMORY) : begin][whole[max(0, begin - _MEMORY) : begin]]
            now = begin + np.flatnonzero(whole[begin:end])
            if len(past) > 0 and len(now) > 0:
                mean, spread = mean_and_spread(past[:, 0])
                centre = np.array([mean, 0.0, 0.0, 0.0])
                forest = Forest(n_estimators=self._trees, random_state=self._seed)
                forest.fit(_narrow((past - centre) / spread))
                found[now] = -forest.score_samples(_narrow((looks[now] - centre) / spread))
        return found


def _looks(values: Floats, season: int) -> Floats:
    """A row a value; a look that is not known yet is 0."""
    full = filled(values)
    mean = recent_mean(full, _SMOOTH)
    looks = [full - lagged(full, 1), full - lagged(mean, 1), mean - lagged(mean, season)]
    return np.stack([full, *(np.nan_to_num(look) for look in looks)], axis=1)


def _narrow(rows: Floats) -> Floats:
    """As wide as trees compare them, 32 bits; without what is the arithmetic's."""
    return np.where(np.abs(rows) < _LEAST, 0.0, np.clip(rows, -1e30, 1e30))
