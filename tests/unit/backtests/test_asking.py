"""A model that fails in a suite is counted and named, answered for, and keeps no other from its figures."""

import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from analytics_hub.backtests.asking import Asking
from analytics_hub.backtests.report import SuiteReport
from models.forecasters.rolling_median import RollingMedian
from models.forecasters.seasonal_naive import SeasonalNaive
from models.ports import Floats

WEEK = np.tile(np.arange(24.0), 7)
ODD = np.tile(np.arange(24.0), 6)


class Odd:
    """Says what it is told to, of histories of a week; else as the day before."""

    name = "odd"
    threshold = 0.5

    def __init__(self, say: Callable[[], Floats]) -> None:
        self._say = say
        self.failures = Counter[str]()

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        return (
            self._say() if len(history) == len(WEEK) else SeasonalNaive().forecast(history, horizon, season)
        )

    def scores(self, values: Floats, season: int) -> Floats:  # noqa: ARG002 - the port names it
        return self._say() if len(values) == len(WEEK) else np.zeros(len(values))


def thrown() -> Floats:
    raise ArithmeticError("did not converge")


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (thrown, "ArithmeticError: did not converge"),
        (lambda: np.ones(23), "(23,) values, not 24"),
        (lambda: np.full(24, math.nan), "said nothing, or an infinite value"),
        (lambda: np.full(24, math.inf), "said nothing, or an infinite value"),
    ],
)
def test_a_forecast_that_fails_is_that_of_the_day_before_and_counted(
    say: Callable[[], Floats], reason: str
) -> None:
    asking = Asking()
    for history in (WEEK, ODD):
        found = asking.forecast(Odd(say), history, 24, 24, lowest=0.0)
        assert found.point.tolist() == list(range(24))
    assert asking.figures("odd", lambda: {"owa": 1.0}) == {"owa": 1.0, "failed": 1.0}
    assert asking.reasons == {"odd": reason}


@pytest.mark.parametrize(
    "say", [thrown, lambda: np.zeros(3), lambda: np.full(168, 2.0), lambda: np.full(168, math.nan)]
)
def test_a_detector_that_fails_reports_nothing_there_and_is_counted(say: Callable[[], Floats]) -> None:
    asking = Asking()
    assert not asking.scores(Odd(say), WEEK, 24).any()
    assert not asking.scores(Odd(say), ODD, 24).any()
    assert asking.figures("odd", lambda: {"f1": 0.5}) == {"f1": 0.5, "failed": 1.0}


def test_a_forecaster_that_counts_its_failures_is_asked_for_their_names() -> None:
    odd, asking = Odd(lambda: np.full(24, math.nan)), Asking()
    odd.failures = Counter(["NotConvergedError"])
    asking.forecast(odd, WEEK, 24, 24, lowest=0.0)
    assert asking.reasons == {"odd": "said nothing, or an infinite value: NotConvergedError"}


def test_a_model_that_fails_everywhere_has_no_figures() -> None:
    asking = Asking()
    asking.forecast(Odd(thrown), WEEK, 24, 24, lowest=0.0)
    assert asking.figures("odd", lambda: {"owa": 1.0}) == {"failed": 1.0}


def test_a_model_that_does_not_fail_has_its_figures_alone() -> None:
    asking = Asking()
    asking.forecast(RollingMedian(), WEEK, 24, 24, lowest=0.0)
    assert asking.figures("rolling_median", lambda: {"owa": 1.0}) == {"owa": 1.0}


def test_of_an_empty_history_nothing_can_be_said_by_anybody() -> None:
    asking = Asking()
    assert np.isnan(asking.forecast(RollingMedian(), np.full(50, math.nan), 24, 24, lowest=0.0).point).all()
    assert asking.reasons == {}


def test_what_cannot_learn_beforehand_is_asked_all_the_same() -> None:
    class Pupil(RollingMedian):
        def learn(self, *_: object) -> None:
            raise ValueError("nothing to learn from")

    asking = Asking()
    asking.learn(Pupil(), [], 24, 24)
    asking.learn(RollingMedian(), [], 24, 24)
    assert asking.reasons == {"rolling_median": "ValueError: nothing to learn from"}


def test_the_result_file_has_the_reason_beside_the_count() -> None:
    report = SuiteReport("nab", "good", [], {}, {"good": {"f1": 1.0}, "odd": {"failed": 2.0}}, {"odd": "why"})
    assert report.body()["models"] == {"good": {"f1": 1.0}, "odd": {"failed": 2.0, "reason": "why"}}
