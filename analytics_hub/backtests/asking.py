"""Asks the models of a suite, so that one that fails costs its own figures, and the others go on.

In: models and what they are asked. Out: their answers; what failed is answered by the seasonal naive, or by nothing
reported, and counted with its first reason. A model that fails everywhere has no figures but how often it failed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np

from analytics_hub.backtests.report import Figures
from models.conformal import conformal_forecast
from models.forecasters.seasonal_naive import SeasonalNaive
from models.ports import Detector, Floats, Forecast, Forecaster, IntervalForecaster, Learner

_Answer = TypeVar("_Answer")
_REASON_LENGTH: Final = 200


@dataclass(slots=True)
class _Told:
    asked: int = 0
    failed: int = 0


@dataclass(slots=True)
class Asking:
    """Of one run of a suite; `reasons` has one for each model that failed anywhere."""

    reasons: dict[str, str] = field(default_factory=dict)
    _told: dict[str, _Told] = field(default_factory=dict)

    def learn(self, forecaster: Forecaster, histories: Sequence[Floats], horizon: int, season: int) -> None:
        """Of those that can learn beforehand; where it fails, the model is asked without."""
        if isinstance(forecaster, Learner):
            self.answer(forecaster.name, lambda: forecaster.learn(histories, horizon, season), lambda: None)

    def forecast(
        self, forecaster: Forecaster, history: Floats, horizon: int, season: int, *, lowest: float
    ) -> Forecast:
        """With its own intervals, or with those of its errors before."""

        def ask() -> Forecast:
            if isinstance(forecaster, IntervalForecaster):
                return forecaster.forecast_with_intervals(history, horizon, season, lowest=lowest)
            return conformal_forecast(forecaster, history, horizon, season, lowest=lowest)

        def naive() -> Forecast:
            return conformal_forecast(SeasonalNaive(), history, horizon, season, lowest=lowest)

        def fault(found: Forecast) -> str | None:
            if found.point.shape != (horizon,):
                return f"{found.point.shape} values, not {horizon}"
            if np.isfinite(found.point).all() or np.isnan(naive().point).all():
                return None
            whys = ", ".join(getattr(forecaster, "failures", ()))
            return f"said nothing, or an infinite value{whys and f': {whys}'}"

        return self.answer(forecaster.name, ask, naive, fault)

    def scores(self, detector: Detector, values: Floats, season: int) -> Floats:
        def fault(scores: Floats) -> str | None:
            if scores.shape != values.shape:
                return f"{scores.shape} scores, not {len(values)}"
            return None if ((scores >= 0) & (scores <= 1)).all() else "a score that is not from 0 to 1"

        def ask() -> Floats:
            return detector.scores(values, season)

        return self.answer(detector.name, ask, lambda: np.zeros(len(values)), fault)

    def answer(
        self,
        name: str,
        ask: Callable[[], _Answer],
        otherwise: Callable[[], _Answer],
        fault: Callable[[_Answer], str | None] = lambda _: None,
    ) -> _Answer:
        """What the model says, or `otherwise` where it throws or says what `fault` has a reason against."""
        told = self._told.setdefault(name, _Told())
        told.asked += 1
        try:
            found = ask()
            reason = fault(found)
        # A model may be anything, and the libraries of some throw what they please. Whatever it is stands in the
        # result file under the model's name, and the suite's other models go on.
        except Exception as error:  # noqa: BLE001
            reason = f"{type(error).__name__}: {error}"
        else:
            if reason is None:
                return found
        told.failed += 1
        self.reasons.setdefault(name, reason[:_REASON_LENGTH])
        return otherwise()

    def figures(self, name: str, scored: Callable[[], Figures]) -> Figures:
        """`failed` stands beside the figures where there is anything to count, and instead of them where all is."""
        told = self._told.get(name, _Told())
        if told.failed == 0:
            return scored()
        failed = {"failed": float(told.failed)}
        return failed if told.failed == told.asked else {**scored(), **failed}
