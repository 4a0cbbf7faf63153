"""What a forecaster and a detector are, and what an array of values means.

In and out: float arrays of evenly spaced values, oldest first. NaN means "not known" (a gap); infinities are read as
NaN. The number of points in one cycle is the `season`: 24 for hours of a day. Whoever has timestamps puts the values
on a grid first. Nothing here raises for the values that it gets: what cannot be said is answered with NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the values are expected to lie, a low and a high bound a step. Infinite: nothing can be promised."""

    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected values, and an interval for each level in percent (80, 95)."""

    point: Floats
    intervals: Mapping[int, Interval]


class Forecaster(Protocol):
    """Says the next values from the values before them, and from nothing else."""

    @property
    def name(self) -> str: ...

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        """`horizon` values; all NaN when nothing is known."""


@runtime_checkable
class IntervalForecaster(Forecaster, Protocol):
    """A forecaster that says itself how far it may be wrong, without another round of fits."""

    def forecast_with_intervals(
        self, history: Floats, horizon: int, season: int, *, lowest: float = ...
    ) -> Forecast:
        """`lowest` is the least possible value: 0 for what cannot be negative."""


@runtime_checkable
class Learner(Forecaster, Protocol):
    """A forecaster that can learn from many series of one owner, before it is asked about any of them."""

    def learn(self, histories: Sequence[Floats], horizon: int, season: int) -> None:
        """Of what it is later asked to forecast, they may hold nothing."""


class Detector(Protocol):
    """Says how strange each value is, from it and the values before it: causal. The first `k` scores of a series
    are the scores of its first `k` values.
    """

    @property
    def name(self) -> str: ...

    @property
    def threshold(self) -> float:
        """The default: from this score on a value is reported."""

    def scores(self, values: Floats, season: int) -> Floats:
        """A score from 0 (as expected) to 1 for each value; 0 for a gap and where too little came before."""
