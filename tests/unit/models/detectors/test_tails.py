"""Surprises: shares of the history inside it, a fitted tail above it, fewer the longer the history."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detectors.tails import BLOCK, SURPRISE_MAX, as_scores, surprises
from models.ports import Floats

STRANGENESS = st.lists(st.one_of(st.floats(0, 1e100), st.sampled_from([math.nan, 0.0, 1.0])), max_size=80)


def after(history: Floats, *values: float) -> list[float]:
    """The surprises of values that follow a history of whole blocks."""
    assert len(history) % BLOCK == 0
    found = surprises(np.concatenate([history, values]))
    return [float(one) for one in found[len(history) :]]


@given(strangeness=STRANGENESS, cut=st.integers(0, 80))
def test_a_surprise_does_not_depend_on_what_comes_later(strangeness: list[float], cut: int) -> None:
    whole = np.array(strangeness, dtype=np.float64)
    found = surprises(whole, warm_up=16)
    assert surprises(whole[:cut], warm_up=16).tolist() == found[:cut].tolist()
    assert (np.abs(found) <= SURPRISE_MAX + 1).all()


def test_inside_the_history_the_share_is_counted() -> None:
    history = np.arange(1600, dtype=np.float64)
    (found,) = after(history, 800)
    assert found == pytest.approx(-math.log10(801 / 1601) - math.log10(1.6) / 2)


def test_what_was_always_there_is_no_surprise() -> None:
    assert after(np.ones(1600), 1.0)[0] < 0


def test_after_equal_values_the_first_other_one_is_one_in_all_of_them() -> None:
    (found,) = after(np.zeros(992), 7.0)
    assert found == pytest.approx(math.log10(993) - math.log10(0.992) / 2)


def test_far_above_the_history_the_surprise_is_the_exponential_tails() -> None:
    history = np.random.default_rng(5).exponential(1.0, 16_000)
    near, far = after(history, math.log(1e4), math.log(1e5))
    less = math.log10(16) / 2
    assert near == pytest.approx(4 - less, abs=0.3)
    assert far == pytest.approx(5 - less, abs=0.5)


def test_a_stranger_value_is_never_less_surprising() -> None:
    history = np.random.default_rng(5).lognormal(0, 2, 1600)
    found = after(history, *np.linspace(0, 1e4, 16))
    assert found == sorted(found)


def test_too_short_a_history_and_gaps_are_no_surprise() -> None:
    assert surprises(np.arange(72, dtype=np.float64)).tolist() == [0.0] * 72
    assert after(np.arange(1600, dtype=np.float64), math.nan) == [0.0]


def test_a_score_is_the_share_of_what_is_less_surprising() -> None:
    assert as_scores(np.array([-1.0, 0.0, 2.0])).tolist() == [0.0, 0.0, 0.99]
