"""Histories as they come when something is wrong: every model that runs by itself, the choice among them and the
incidents answer each of them, and what they answer is neither infinite nor far from what was there.

The slow models have the same questions in tests of their own.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics_hub.backtests.choice import detectors, forecasters
from analytics_hub.backtests.grid import on_grid
from models.conformal import conformal_forecast
from models.forecasters.combination import Combination
from models.forecasters.rolling_median import RollingMedian
from models.forecasters.selected import quick_members
from models.incidents.assess import assess
from models.incidents.ports import COST, METRICS, Watched
from models.incidents.rules import Rules
from models.ports import Detector, Floats, Forecaster
from models.selection import select

NAN, INF = math.nan, math.inf
SEASON, HORIZON = 24, 30


def wave(level: float = 100.0, days: int = 12) -> Floats:
    hours = np.arange(days * SEASON)
    noise = np.random.default_rng(1).normal(0, 0.02, len(hours))
    return np.asarray(level * (1 + 0.5 * np.sin(hours * 2 * np.pi / SEASON) + noise))


def with_values(places: slice, value: float, level: float = 100.0) -> Floats:
    values = wave(level)
    values[places] = value
    return values


HISTORIES: Mapping[str, Floats] = {
    "none": np.empty(0),
    "one point": np.array([7.0]),
    "two points": np.array([7.0, -7.0]),
    "unknown": np.full(60, NAN),
    "infinite": np.full(60, INF),
    "one known": with_values(slice(1, None), NAN),
    "known at last": with_values(slice(0, -1), NAN),
    "short": wave()[:30],
    "gaps": with_values(slice(100, 160), NAN),
    "a gap at the end": with_values(slice(-40, None), NAN),
    "every other": with_values(slice(0, None, 2), NAN),
    "infinities": with_values(slice(5, None, 17), -INF),
    "constant": np.full(200, 5.0),
    "zero": np.zeros(200),
    "negative": wave(-100.0),
    "huge": wave(1e18),
    "tiny": wave(1e-18),
    "both huge": np.resize([1e18, -1e18, 0.0], 200),
    "one huge": with_values(slice(150, 151), 1e18),
    "a stop": with_values(slice(200, None), 0.0),
}
HISTORY = pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
FORECASTER = pytest.mark.parametrize("forecaster", forecasters([]), ids=lambda one: one.name)
DETECTOR = pytest.mark.parametrize("detector", detectors([]), ids=lambda one: one.name)


def spread(values: Floats) -> tuple[float, float]:
    """The least and the greatest value; one more of their distance on each side."""
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    return low - (high - low), high + (high - low)


@FORECASTER
@HISTORY
def test_a_forecast_lies_where_the_history_was_or_says_nothing_of_nothing(
    forecaster: Forecaster, history: Floats
) -> None:
    said = forecaster.forecast(history, HORIZON, SEASON)
    assert said.shape == (HORIZON,)
    if not np.isfinite(history).any():
        assert np.isnan(said).all()
        return
    low, high = spread(history)
    assert ((said >= low - 1e-9 * abs(low)) & (said <= high + 1e-9 * abs(high))).all(), (low, high, said)


@HISTORY
def test_an_interval_holds_its_point_and_the_wider_level_the_narrower(history: Floats) -> None:
    for found in (
        conformal_forecast(RollingMedian(), history, HORIZON, SEASON),
        Combination(judged=2).forecast_with_intervals(history, HORIZON, SEASON),
    ):
        known = ~np.isnan(found.point)
        for level in (80, 95):
            interval = found.intervals[level]
            assert ((interval.low <= found.point) & (found.point <= interval.high))[known].all()
        assert (found.intervals[95].high >= found.intervals[80].high)[known].all()


@HISTORY
def test_what_is_chosen_for_it_is_known_and_not_negative(history: Floats) -> None:
    chosen = select(history, HORIZON, SEASON, quick_members(), fits_max=40, lowest=0.0)
    point = chosen.forecast.point
    if not np.isfinite(history).any():
        assert chosen.history == "none"
        assert np.isnan(point).all()
        return
    assert chosen.history in {"enough", "short", "intermittent"}
    assert (np.isfinite(point) & (point >= 0)).all()
    for interval in chosen.forecast.intervals.values():
        assert ((interval.low <= point) & (point <= interval.high)).all()


@DETECTOR
@HISTORY
def test_scores_are_from_zero_to_one(detector: Detector, history: Floats) -> None:
    scores = detector.scores(history, SEASON)
    assert scores.shape == history.shape
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (scores[~np.isfinite(history)] == 0).all()


@HISTORY
@pytest.mark.parametrize("metric", METRICS)
def test_whatever_is_watched_is_assessed(metric: str, history: Floats) -> None:
    """Beside what it costs: without that there is no stake."""
    assessed = assess([Watched(one, "", "", history) for one in dict.fromkeys((metric, COST))], 480_000, 48)
    for finding in assessed.findings:
        assert 0 <= finding.score <= 1
        assert np.isfinite([finding.expected, finding.low, finding.high]).all()
    for incident in assessed.incidents:
        assert np.isfinite(incident.at_stake_usd)
        assert incident.began <= incident.last < 480_000 + len(history)


@pytest.mark.parametrize("name", ["constant", "zero", "none", "unknown", "one point"])
def test_of_what_never_moved_nobody_is_told(name: str) -> None:
    watched = [Watched(metric, "", "", HISTORIES[name]) for metric in METRICS]
    assert assess(watched, 480_000, 48, rules=Rules(floor_usd=0.0)).incidents == ()


class Bad:
    """A member that fails in one way or another."""

    def __init__(self, name: str, say: Callable[[int], Floats]) -> None:
        self.name, self._say = name, say

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:  # noqa: ARG002 - the port names them
        return self._say(horizon)


def throws(horizon: int) -> Floats:
    raise np.linalg.LinAlgError("SVD did not converge")


BAD: list[Forecaster] = [
    Bad("throws", throws),
    Bad("says nothing", lambda horizon: np.full(horizon, NAN)),
    Bad("says infinite", lambda horizon: np.full(horizon, INF)),
    Bad("is short", lambda horizon: np.ones(horizon - 1)),
    Bad("is a table", lambda horizon: np.ones((horizon, 2))),
]


@pytest.mark.parametrize("member", BAD, ids=lambda one: one.name)
def test_a_member_that_fails_is_named_and_changes_nothing(member: Forecaster) -> None:
    with_it = select(wave(), HORIZON, SEASON, [member, *quick_members()[:2]], fits_max=60)
    without = select(wave(), HORIZON, SEASON, quick_members()[:2], fits_max=60)
    assert list(with_it.dropped) == [member.name]
    assert with_it.model == without.model
    assert np.isfinite(with_it.forecast.point).all()


def seconds(*moments: datetime) -> Floats:
    return np.array([moment.timestamp() for moment in moments])


def test_moments_in_any_order_and_twice_are_hours_in_order() -> None:
    first = datetime(2026, 11, 1, tzinfo=UTC)
    places = [3, 0, 2, 2, 1, 5, 0, 6]
    grid = on_grid(seconds(*(first + timedelta(hours=place) for place in places)), np.arange(8.0), 100)
    assert grid.step_s == 3600
    assert np.array_equal(grid.values, [3.5, 4, 2.5, 0, NAN, 5, 7], equal_nan=True)


@pytest.mark.parametrize("day", [datetime(2026, 3, 29), datetime(2026, 10, 25)], ids=["spring", "autumn"])  # noqa: DTZ001
def test_a_day_on_which_the_clocks_change_has_all_its_hours_once(day: datetime) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begins, ends = day.replace(tzinfo=berlin), (day + timedelta(days=1)).replace(tzinfo=berlin)
    count = int((ends.timestamp() - begins.timestamp()) // 3600)
    moments = [begins.astimezone(UTC) + timedelta(hours=hour) for hour in range(count)]
    grid = on_grid(seconds(*(moment.astimezone(berlin) for moment in moments)), np.arange(float(count)), 100)
    assert count in {23, 25}
    assert grid.values.tolist() == list(range(count))
    assert grid.season == 24
