"""A run of odd values is said once, at its first; again when it grows worse or long after."""

import numpy as np

from models.detectors.refractory import Refractory
from models.ports import Floats


class AsIs:
    """Values are their own scores."""

    name = "as_is"
    threshold = 0.5

    def scores(self, values: Floats, season: int) -> Floats:  # noqa: ARG002
        return values


def said(*values: float, points: int = 3) -> list[float]:
    found = Refractory(AsIs(), share=0, points_min=points).scores(np.array(values), 1)
    return [float(one) for one in found]


def test_only_higher_scores_count_after_one() -> None:
    assert said(0, 0.9, 0.9, 0.8, 0.95, 0.9) == [0, 0.9, 0, 0, 0.95, 0]


def test_after_a_while_the_same_score_counts_again() -> None:
    assert said(0.9, 0, 0, 0, 0.9) == [0.9, 0, 0, 0, 0.9]


def test_a_lower_score_counts_once_the_higher_one_is_long_past() -> None:
    assert said(0.9, 0.5, 0.4, 0.3, 0.5) == [0.9, 0, 0, 0, 0]
    assert said(0.9, 0.5, 0.4, 0.3, 0.6) == [0.9, 0, 0, 0, 0.6]


def test_the_while_grows_with_the_series() -> None:
    values = np.zeros(1000)
    values[[500, 540, 900, 940]] = 0.9
    scores = Refractory(AsIs(), share=0.06, points_min=3).scores(values, 1)
    assert np.flatnonzero(scores).tolist() == [500, 540, 900]


def test_it_has_the_detectors_threshold_and_a_name_of_its_own() -> None:
    refractory = Refractory(AsIs())
    assert (refractory.name, refractory.threshold) == ("as_is_refractory", 0.5)
