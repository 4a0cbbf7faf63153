"""The recurrent network learns what the last day alone does not say, the same way each time, and only from enough."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `deep` is not installed")

from models.forecasters.lstm import Lstm  # noqa: E402 - torch comes first, or nothing does
from models.forecasters.seasonal_naive import SeasonalNaive  # noqa: E402
from models.ports import Floats, Learner  # noqa: E402

SEASON = 6


def weeks(count: int, level: float = 100.0, seed: int = 1) -> Floats:
    """Days of six hours; the sixth and the seventh of a week are quiet."""
    hours = np.arange(count * 7 * SEASON)
    shape = 1 + 0.5 * np.sin(hours * 2 * np.pi / SEASON)
    quiet = np.where(hours // SEASON % 7 >= 5, 0.3, 1.0)
    noise = np.random.default_rng(seed).normal(1, 0.03, len(hours))
    return np.asarray(level * shape * quiet * noise)


def small(seed: int = 1) -> Lstm:
    return Lstm(networks=1, width=16, epochs=30, rate=1e-2, seed=seed)


def error(forecaster: Lstm | SeasonalNaive, history: Floats, actual: Floats) -> float:
    return float(np.mean(np.abs(forecaster.forecast(history, len(actual), SEASON) - actual)))


def test_it_learns_the_week_from_the_history_alone() -> None:
    values = weeks(12)
    history, actual = values[: -2 * SEASON], values[-2 * SEASON :]  # the weekend comes next
    assert error(small(), history, actual) < 0.4 * error(SeasonalNaive(), history, actual)


def test_what_it_learned_from_others_it_knows_of_a_series_of_another_size() -> None:
    lstm = small()
    lstm.learn([weeks(6, level=10.0**power, seed=power) for power in range(4)], 2 * SEASON, SEASON)
    values = weeks(3, level=3e7, seed=9)
    history, actual = values[: -2 * SEASON], values[-2 * SEASON :]
    assert error(lstm, history, actual) < 0.4 * error(SeasonalNaive(), history, actual)


def test_the_same_seed_says_the_same_whatever_was_drawn_before() -> None:
    history = weeks(6)
    first = small().forecast(history, 3, SEASON)
    torch.rand(7)
    assert small().forecast(history, 3, SEASON).tolist() == first.tolist()
    assert small(seed=2).forecast(history, 3, SEASON).tolist() != first.tolist()


def test_several_networks_answer_by_their_mean() -> None:
    history = weeks(6)
    alone = [Lstm(networks=1, width=4, epochs=2, seed=seed).forecast(history, 3, SEASON) for seed in (1, 2)]
    both = Lstm(networks=2, width=4, epochs=2).forecast(history, 3, SEASON)
    assert np.allclose(both, np.mean(alone, axis=0))


def test_too_little_to_learn_from_is_answered_by_the_last_cycle() -> None:
    history = weeks(1)
    assert (
        small().forecast(history, 4, SEASON).tolist() == SeasonalNaive().forecast(history, 4, SEASON).tolist()
    )


def test_nothing_to_learn_from_leaves_it_as_it_was() -> None:
    lstm, history = small(), weeks(1)
    lstm.learn([], 4, SEASON)
    lstm.learn([np.full(900, np.nan), np.full(900, 5.0)], 4, SEASON)
    assert lstm.forecast(history, 4, SEASON).tolist() == SeasonalNaive().forecast(history, 4, SEASON).tolist()


def test_a_gap_of_days_is_bridged() -> None:
    values = weeks(12)
    values[-9 * SEASON : -7 * SEASON] = np.nan
    said = small().forecast(values, SEASON, SEASON)
    assert np.abs(said - weeks(13)[len(values) : len(values) + SEASON]).mean() < 15


def test_it_can_learn_beforehand() -> None:
    assert isinstance(small(), Learner)
