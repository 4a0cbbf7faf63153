"""Forecasts as values: what a metric is expected to be, bucket by bucket, and how much that may be believed.

Made by the jobs and by `analytics_hub/query`; the numbers come from `models/`. Nothing is promised silently: a forecast
names its model, the range it learned from, its error in the backtest, and says when there was too little history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class History(StrEnum):
    """How much there was to learn from."""

    ENOUGH = "enough"
    SHORT = "short"
    """Not enough history for a backtest: the median combination, with wide intervals."""
    INTERMITTENT = "intermittent"
    """Most buckets are empty."""
    NONE = "none"
    """Nothing at all: nothing is forecast."""


@dataclass(frozen=True, slots=True)
class ForecastPoint:
    """What one bucket is expected to be, in the metric's own unit. A bound is None where nothing can be promised."""

    start: datetime
    value: float
    low_80: float | None
    high_80: float | None
    low_95: float | None
    high_95: float | None


@dataclass(frozen=True, slots=True)
class BacktestError:
    """How wrong the model was on the end of its own history, from several origins.

    `mase`: mean absolute error over that of the seasonal naive in the history. `wape`: the sum of absolute errors over
    the sum of the values. None where it is not defined. `fits`: models fitted to choose this one.
    """

    mase: float | None
    wape: float | None
    fits: int


@dataclass(frozen=True, slots=True)
class SeriesForecast:
    """The forecast of one metric of one group; `dimension` is empty for the whole tenant."""

    metric: str
    dimension: str
    value: str
    step_s: int
    points: Sequence[ForecastPoint]
    model: str
    history: History
    trained_from: datetime | None
    trained_to: datetime | None
    error: BacktestError | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ForecastAccuracy:
    """How good the stored forecasts of one series were in one week, as far as each went, against what came.

    `wape` is theirs, `naive_wape` that of the same hours a week before: what nobody needs a model for. None where
    nothing came. The coverages are shares of the `buckets`; None where no interval was promised.
    """

    week: datetime
    dimension: str
    value: str
    metric: str
    step_s: int
    buckets: int
    wape: float | None
    naive_wape: float | None
    coverage_80: float | None
    coverage_95: float | None
    made_at: datetime
