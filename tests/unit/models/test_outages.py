"""An outage is a gap; what is often low is low."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.outages import without_outages
from models.ports import Floats


def days(count: int) -> Floats:
    """Four points a day; the first is always nearly nothing."""
    return np.tile([1.0, 100.0, 200.0, 100.0], count)


def test_an_hour_of_an_outage_is_a_gap() -> None:
    history = days(20)
    history[[30, 31]] = 0.0
    assert np.flatnonzero(np.isnan(without_outages(history, 4))).tolist() == [30, 31]


def test_a_phase_that_is_always_low_is_no_outage() -> None:
    assert np.array_equal(without_outages(days(20), 4), days(20))


def test_what_is_low_every_week_is_how_the_series_is() -> None:
    history = days(28)
    for week in range(4):
        history[28 * week + 20 : 28 * week + 28] = 0.0
    assert np.array_equal(without_outages(history, 4), history)


def test_a_series_that_ended_is_believed_after_half_the_cycles_of_its_level() -> None:
    history = days(60)
    history[-9:] = 0.0  # more than half of three days
    assert np.flatnonzero(np.isnan(without_outages(history, 4))).tolist() == list(range(231, 237))
    assert not np.isnan(without_outages(history, 4)[-3:]).any()


def test_the_level_of_an_hour_does_not_know_what_came_after_it() -> None:
    history = days(30)
    later = np.concatenate([history, 1000 * days(5)])
    history[-1] = later[119] = 0.0
    assert np.isnan(without_outages(history, 4)[-1])
    assert np.isnan(without_outages(later, 4)[119])


@given(
    values=st.lists(st.one_of(st.floats(0, 1e300), st.just(np.nan)), max_size=40), season=st.integers(1, 6)
)
def test_what_is_kept_is_as_it_was(values: list[float], season: int) -> None:
    history = np.array(values, dtype=np.float64)
    found = without_outages(history, season)
    kept = ~np.isnan(found)
    assert found.shape == history.shape
    assert np.array_equal(found[kept], history[kept])
