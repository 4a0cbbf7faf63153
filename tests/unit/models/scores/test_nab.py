"""NAB's scoring against cases worked out by hand, with its own sigmoid: 2 / (1 + e^5x) - 1."""

import math

import numpy as np
import pytest

from models.scores.nab import PROFILES, Labelled, best_score, probation, scaled_sigmoid, score_at

FAR = 2 / (1 + math.e**5) - 1  # one window's length past a window: -0.98661
# In a window of three, the second point stands at -2/3 of it; the first, at -1, counts as 1.
SECOND_OF_THREE = (2 / (1 + math.exp(-10 / 3)) - 1) / -FAR  # 0.943742


def labelled(length: int, *found: int, window: tuple[int, int] = (4, 6)) -> Labelled:
    scores = np.zeros(length)
    scores[list(found)] = 0.9
    return Labelled(scores, [window])


def raw(profile: str, one: Labelled) -> float:
    return score_at([one], PROFILES[profile], 0.9).raw


def test_the_sigmoid_is_that_of_the_benchmark() -> None:
    values = scaled_sigmoid(np.array([-1.0, -0.5, 0.0, 1.0, 3.5]))
    assert values == pytest.approx([0.98661, 0.84828, 0.0, -0.98661, -1.0], abs=1e-5)


def test_the_first_point_of_a_window_counts_in_full() -> None:
    assert raw("standard", labelled(10, 4)) == pytest.approx(1.0)


def test_a_later_point_of_a_window_counts_less() -> None:
    assert raw("standard", labelled(10, 5)) == pytest.approx(SECOND_OF_THREE)
    assert pytest.approx(0.943742, abs=1e-6) == SECOND_OF_THREE


def test_only_the_best_point_of_a_window_counts() -> None:
    assert raw("standard", labelled(10, 5, 6)) == pytest.approx(SECOND_OF_THREE)


def test_a_false_alarm_far_from_any_window_costs_its_whole_weight() -> None:
    assert raw("standard", labelled(10, 2, 4)) == pytest.approx(1 - 0.11)
    assert raw("low_fp", labelled(10, 2, 4)) == pytest.approx(1 - 0.22)


def test_a_false_alarm_after_a_window_costs_by_its_distance() -> None:
    # position 8: (8 - 6) / (3 - 1) = one window's length past it
    assert raw("standard", labelled(10, 5, 8)) == pytest.approx(SECOND_OF_THREE + 0.11 * FAR)


def test_a_missed_window_costs_double_where_misses_are_dear() -> None:
    assert raw("standard", labelled(10, 2)) == pytest.approx(-1 - 0.11)
    assert raw("low_fn", labelled(10, 2)) == pytest.approx(-2 - 0.11)


def test_nothing_counts_in_probation() -> None:
    assert probation(10) == 1
    assert raw("standard", labelled(10, 0, 4)) == pytest.approx(1.0)


def test_probation_ends_at_fifteen_percent_of_five_thousand_points() -> None:
    assert probation(20_000) == 750


def test_the_scale_goes_from_saying_nothing_to_saying_it_all() -> None:
    assert score_at([labelled(10)], PROFILES["standard"], 0.9).normalised == 0.0
    assert best_score([labelled(10, 4)], PROFILES["low_fn"]).normalised == pytest.approx(100.0)
    # (0.943742 - 0.11 · 0.98661 + 1) / 2 and, with misses at 2, (… + 2) / 3
    assert score_at([labelled(10, 5, 8)], PROFILES["standard"], 0.9).normalised == pytest.approx(
        91.7607, abs=1e-3
    )
    assert score_at([labelled(10, 5, 8)], PROFILES["low_fn"], 0.9).normalised == pytest.approx(
        94.5071, abs=1e-3
    )


def test_one_threshold_is_chosen_for_the_whole_corpus() -> None:
    first = Labelled(np.array([0, 0, 0, 0, 0.8, 0, 0, 0, 0, 0.0]), [(4, 6)])
    noisy = Labelled(np.array([0, 0, 0.7, 0.7, 0, 0.9, 0, 0, 0, 0.0]), [(4, 6)])
    best = best_score([first, noisy], PROFILES["standard"])
    assert best.threshold == 0.8
    assert best.raw == pytest.approx(1 + SECOND_OF_THREE)


def test_saying_nothing_is_best_for_a_detector_that_is_only_wrong() -> None:
    assert best_score([labelled(40, 10, window=(20, 22))], PROFILES["standard"]).threshold == math.inf


def test_a_window_of_one_point_is_scored() -> None:
    assert raw("standard", labelled(10, 4, 5, window=(4, 4))) == pytest.approx(1 - 0.11)
