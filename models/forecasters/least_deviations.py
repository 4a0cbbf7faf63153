"""A linear model with the least absolute errors: one odd hour does not bend it.

In: rows and what came. Out: a level and a weight a column. Iteratively reweighted least squares (Schlossmacher 1973), a
fixed number of rounds, with a small ridge on standardised columns so that columns that say the same are no trouble.
"""

from typing import Final

import numpy as np

from models.ports import Floats

RIDGE: Final = 1e-5
_ROUNDS: Final = 4
# Errors below half of the median one weigh the same: near an error of 0 the weight would have no bound.
_SMALL: Final = 0.5
_TINY: Final = 1e-12


def fit(rows: Floats, came: Floats) -> tuple[float, Floats]:
    """The level and the weights: `level + row @ weights` is what is expected."""
    weights = np.ones(len(came))
    level, slopes = _least_squares(rows, came, weights)
    for _ in range(_ROUNDS):
        errors = np.abs(came - level - rows @ slopes)
        weights = 1 / np.maximum(errors, _SMALL * np.median(errors) + _TINY)
        level, slopes = _least_squares(rows, came, weights / np.mean(weights))
    return level, slopes


def _least_squares(rows: Floats, came: Floats, weights: Floats) -> tuple[float, Floats]:
    shares = weights / np.sum(weights)
    middle, level = shares @ rows, float(shares @ came)
    centred = rows - middle
    spread = np.sqrt(shares @ centred**2) + _TINY
    centred = centred / spread
    weighted = centred * weights[:, None]
    slopes = np.linalg.solve(
        weighted.T @ centred + RIDGE * len(came) * np.eye(rows.shape[1]), weighted.T @ (came - level)
    )
    slopes = slopes / spread
    return level - float(middle @ slopes), slopes
