"""The autoencoder finds an odd shape whose values are usual, and is trained on nothing that came later."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `deep` is not installed")

from models.detectors.autoencoder import Autoencoder  # noqa: E402 - torch comes first, or nothing does
from models.ports import Floats  # noqa: E402


def days(count: int) -> Floats:
    hours = np.arange(count * 24)
    return np.asarray(
        100 + 50 * np.sin(hours * 2 * np.pi / 24) + np.random.default_rng(1).normal(0, 2, len(hours))
    )


def test_a_plain_spike_is_reported_at_the_default_threshold() -> None:
    values = days(20)
    values[450] = 1000
    assert Autoencoder().scores(values, 24)[450] >= Autoencoder.threshold


def test_a_usual_value_at_an_odd_moment_is_odder_than_at_its_own() -> None:
    values = days(20)
    low, high = 18 + 18 * 24, 6 + 18 * 24
    values[low] = values[high]
    scores = Autoencoder().scores(values, 24)
    assert scores[low] > 0.6 > 0.4 > scores[high]


def test_nothing_is_reported_before_the_first_training() -> None:
    values = days(5)
    values[50] = 1000
    assert not Autoencoder().scores(values, 24)[:96].any()


@pytest.mark.parametrize("cut", [97, 150, 192, 193, 300])
def test_the_same_first_values_have_the_same_scores_to_the_last_digit(cut: int) -> None:
    values = days(13)
    detector = Autoencoder(steps=30)
    assert detector.scores(values[:cut], 24).tolist() == detector.scores(values, 24)[:cut].tolist()
