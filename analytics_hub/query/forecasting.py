"""The use case behind forecasts: what a job has forecast already, else the quick models over the usage so far.

In: a `ForecastQuery`. Out: a `ForecastAnswer`. The history is asked of the use case of every other question, so that a
forecast goes on from the figures that `/v1/usage` shows. Nothing is made up: without history there are no points, and
where little can be promised the forecast says so. Models are fitted in threads of their own (`fitting.py`), by numpy
alone: a process that serves loads no library that fits.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event

import numpy as np

from analytics_hub.domain.answer import Points, Series, UsageAnswer
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.forecast import BacktestError, ForecastPoint, History, SeriesForecast
from analytics_hub.domain.forecast_query import (
    ForecastAnswer,
    Forecasted,
    ForecastQuery,
    GroupForecast,
    Source,
)
from analytics_hub.domain.incident import Place
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.finding_ports import FindingStore
from analytics_hub.query.fitting import FittingPlaces
from analytics_hub.query.forecast_history import buckets_to_come, first_known, values_of
from models.conformal import LEVELS
from models.month_end import MonthEnd
from models.ports import Floats, Forecaster
from models.selection import Selection, select

Ask = Callable[[UsageQuery], Awaitable[UsageAnswer]]

_LOWEST = 0.0  # no metric of usage is negative
_NO_MODEL = "none"
_CYCLES_SPARE = 4  # two that an origin of the backtest leaves, and three origins


@dataclass(frozen=True, slots=True)
class ForecastRules:
    """`members`: the quick models. `fits_max`: the budget of choosing one. `stored_max`: a job's forecast that learned
    from what is older is not taken any more.
    """

    members: Sequence[Forecaster]
    fits_max: int
    stored_max: timedelta


class ForecastService:
    """Asks usage and the store of what jobs forecast; keeps no state of its own."""

    def __init__(
        self, ask: Ask, store: FindingStore, places: FittingPlaces, clock: Clock, rules: ForecastRules
    ) -> None:
        self._ask = ask
        self._store = store
        self._places = places
        self._clock = clock
        self._rules = rules

    async def ask(self, query: ForecastQuery) -> ForecastAnswer:
        """Raises what the question of usage raises, RateLimited or TryLater where models cannot be fitted now."""
        usage, now = query.usage, self._clock.now()
        starts = buckets_to_come(usage.interval, usage.zone, usage.end, query.buckets)
        stored = await self._stored(query, starts)
        answer = await self._ask(usage)
        making = _Making(query, starts, stored, self._rules, now)
        series = await self._places.run(usage.tenant, lambda stop: making.all(answer.series, stop))
        return ForecastAnswer(query, starts, series, answer.coverage, answer.fresh_until, now)

    async def _stored(self, query: ForecastQuery, starts: Sequence[datetime]) -> Mapping[str, SeriesForecast]:
        """By metric: those that a job has made of just this, from what is fresh enough, for all of these buckets."""
        place = query.place
        if place is None:
            return {}
        found = await self._store.forecasts(query.usage.tenant, query.metrics, place)
        oldest = query.usage.end - self._rules.stored_max
        return {
            one.metric: cut
            for one in found
            if one.step_s == query.step_s and one.trained_to is not None and one.trained_to >= oldest
            if (cut := _cut(one, starts)) is not None
        }


@dataclass(frozen=True, slots=True)
class _Making:
    """The part that is work for a thread."""

    query: ForecastQuery
    starts: Sequence[datetime]
    stored: Mapping[str, SeriesForecast]
    rules: ForecastRules
    now: datetime

    def all(self, series: Sequence[Series], stop: Event) -> Sequence[GroupForecast]:
        """Of a tenant without events too, where nothing is grouped. Cut short when nobody waits any more."""
        whole = () if self.query.usage.group_by else (Series({}, False, {}, Points()),)
        return [
            GroupForecast(one.group, one.other, [self._metric(one, name) for name in self.query.metrics])
            for one in series or whole
            if not stop.is_set()
        ]

    def _metric(self, series: Series, metric: str) -> Forecasted:
        if metric in self.stored:
            return Forecasted(self.stored[metric], Source.STORED)
        return Forecasted(self._computed(series, metric), Source.COMPUTED)

    def _computed(self, series: Series, metric: str) -> SeriesForecast:
        query, place = self.query, _place_of(series)
        first = first_known(series.points)
        values = values_of(series.points, metric, first)
        chosen = select(
            values,
            steps_ahead(len(values), len(self.starts), query.season),
            query.season,
            self.rules.members,
            fits_max=self.rules.fits_max,
            lowest=_LOWEST,
        )
        points = points_of(chosen, self.starts, _highest(metric))
        return SeriesForecast(
            metric,
            place.dimension,
            place.value,
            query.step_s,
            points,
            chosen.model if points else _NO_MODEL,
            History(chosen.history) if points else History.NONE,
            series.points.starts[first] if len(values) else None,
            query.usage.end if len(values) else None,
            error_of(chosen),
            self.now,
        )


def steps_ahead(known: int, wanted: int, season: int) -> int:
    """Whole cycles, where there is enough to learn from: of a part of a cycle there are too few errors to promise
    anything. What is not wanted is left out afterwards.
    """
    whole = -(-wanted // season) * season
    return whole if known >= whole + _CYCLES_SPARE * season else wanted


def points_of(chosen: Selection, starts: Sequence[datetime], highest: float) -> tuple[ForecastPoint, ...]:
    """None at all where a model said nothing for one of them."""
    point = np.minimum(chosen.forecast.point, highest)[: len(starts)]
    if not np.isfinite(point).all():
        return ()
    bounds = [
        _known(np.minimum(edge, highest)[: len(starts)])
        for level in LEVELS
        for edge in (chosen.forecast.intervals[level].low, chosen.forecast.intervals[level].high)
    ]
    return tuple(
        ForecastPoint(start, value, *edges)
        for start, value, *edges in zip(starts, point.tolist(), *bounds, strict=True)
    )


def _known(edge: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in edge.tolist()]


def error_of(found: Selection | MonthEnd) -> BacktestError | None:
    """None where there was no backtest."""
    mase, wape = (None if np.isnan(one) else float(one) for one in (found.mase, found.wape))
    return None if mase is None and wape is None else BacktestError(mase, wape, found.fits)


def _highest(metric: str) -> float:
    return 1.0 if METRICS[metric].unit == "ratio" else np.inf


def _place_of(series: Series) -> Place:
    """Of several dimensions together there is no place."""
    return Place(*next(iter(series.group.items()))) if len(series.group) == 1 else Place()


def _cut(forecast: SeriesForecast, starts: Sequence[datetime]) -> SeriesForecast | None:
    """Only these buckets of it; None when one of them is missing, or has no whole interval. Of a longer time little can
    be promised, of just these the quick models may promise more.
    """
    by_start = {point.start: point for point in forecast.points if point.high_95 is not None}
    if not all(start in by_start for start in starts):
        return None
    return replace(forecast, points=tuple(by_start[start] for start in starts))
