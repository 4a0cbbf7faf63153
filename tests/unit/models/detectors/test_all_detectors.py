"""Detectors never look ahead, take any input, find what is plain and are silent where nothing happens."""

import math
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detectors.ensemble import Ensemble
from models.detectors.forecast_residual import ForecastResidual
from models.detectors.gap import Gap
from models.detectors.isolation_forest import IsolationForest
from models.detectors.level_shift import LevelShift
from models.detectors.refractory import Refractory
from models.detectors.robust_z import RobustZ
from models.detectors.seasonal_difference import SeasonalDifference
from models.detectors.shape_novelty import ShapeNovelty
from models.detectors.subspace_residual import SubspaceResidual
from models.detectors.value_novelty import ValueNovelty
from models.detectors.windowed_gaussian import WindowedGaussian
from models.ports import Detector, Floats

ALL: list[Detector] = [
    RobustZ(cycles=3, cycles_min=2),
    WindowedGaussian(window=8, step=3),
    RobustZ(),
    WindowedGaussian(),
    Ensemble(),
    ValueNovelty(),
    ShapeNovelty(),
    SeasonalDifference(),
    ForecastResidual(),
    Refractory(Ensemble()),
    SubspaceResidual(),
    IsolationForest(trees=5),
    Gap(),
    LevelShift(),
]
IDS = ["z-short", "gaussian-short", "z", "gaussian", "ensemble", "value", "shape", "difference", "residual"]
IDS += ["refractory", "subspace", "forest", "gap", "level"]
if find_spec("torch"):  # the extra `deep`
    ALL.append(import_module("models.detectors.autoencoder").Autoencoder(steps=3))
    IDS.append("autoencoder")
BY_NAME = pytest.mark.parametrize("detector", ALL, ids=IDS)
VALUES = st.lists(
    st.one_of(st.floats(-1e18, 1e18), st.sampled_from([math.nan, math.inf, 0.0, 1e18])), max_size=40
)


def days(count: int, seed: int = 1) -> Floats:
    """Hours with a daily shape and a little noise."""
    hours = np.arange(count * 24)
    noise = np.random.default_rng(seed).normal(0, 2, len(hours))
    return np.asarray(100 + 50 * np.sin(hours * 2 * np.pi / 24) + noise)


@BY_NAME
@given(values=VALUES, cut=st.integers(0, 40), season=st.integers(1, 8))
def test_a_score_does_not_depend_on_what_comes_later(
    detector: Detector, values: list[float], cut: int, season: int
) -> None:
    whole = np.array(values, dtype=np.float64)
    assert detector.scores(whole[:cut], season).tolist() == detector.scores(whole, season)[:cut].tolist()


@BY_NAME
@given(values=VALUES, season=st.integers(1, 8))
def test_any_values_are_scored_from_zero_to_one(detector: Detector, values: list[float], season: int) -> None:
    scores = detector.scores(np.array(values, dtype=np.float64), season)
    assert len(scores) == len(values)
    assert ((scores >= 0) & (scores <= 1)).all()


@BY_NAME
def test_the_scores_of_a_long_series_are_those_of_its_first_part(detector: Detector) -> None:
    values = days(25)
    values[[3, 200, 201, 202, 449]] = math.nan
    whole = detector.scores(values, 24)
    for cut in (151, 449, 450, 513, 599):
        assert detector.scores(values[:cut], 24).tolist() == whole[:cut].tolist()


@BY_NAME
def test_a_long_series_of_hard_values_is_scored_from_zero_to_one(detector: Detector) -> None:
    random = np.random.default_rng(3)
    values = random.choice([0.0, 1e18, -1e18, 1.0, math.nan, math.inf], size=400)
    scores = detector.scores(values, 24)
    assert ((scores >= 0) & (scores <= 1)).all()


@BY_NAME
@pytest.mark.parametrize("constant", [0.0, 0.1, 1e18])
def test_a_constant_series_is_never_reported(detector: Detector, constant: float) -> None:
    assert (detector.scores(np.full(400, constant), 24) < detector.threshold).all()


@BY_NAME
def test_a_gap_is_scored_zero(detector: Detector) -> None:
    values = days(10)
    values[100:110] = math.nan
    assert (detector.scores(values, 24)[100:110] == 0).all()


@pytest.mark.parametrize("detector", ALL[2:12], ids=IDS[2:12])
def test_a_plain_spike_is_reported_at_the_default_threshold(detector: Detector) -> None:
    values = days(20)
    values[450] = 1000
    assert detector.scores(values, 24)[450] >= detector.threshold


def test_the_robust_z_finds_a_value_that_is_odd_for_its_hour_only() -> None:
    values = days(20)
    quiet, busy = 18 + 18 * 24, 6 + 17 * 24  # hours of about 50 and about 150
    values[quiet] = values[busy]
    scores = RobustZ().scores(values, 24)
    assert scores[quiet] > 0.85  # five deviations and more
    assert scores[busy] < 0.5


def test_a_gap_does_not_move_the_baseline_of_the_robust_z() -> None:
    values = days(20)
    gap = values.copy()
    gap[300:324] = math.nan
    assert RobustZ().scores(gap, 24)[-24:].max() < RobustZ.threshold


def test_the_gaussian_window_moves_on_by_steps() -> None:
    values = np.array([0.0, 2.0, 0.0, 2.0, 10.0, 12.0, 10.0])
    scores = WindowedGaussian(window=4, step=2).scores(values, 1)
    # The window is 0, 2, 0, 2 until two more have come, then 0, 2, 10, 12: mean 6, deviation √26
    assert scores[6] == pytest.approx(1 - 0.5 * math.erfc(4 / math.sqrt(26) / math.sqrt(2)))
