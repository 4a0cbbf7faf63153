"""A gap is a run of zeros where there always was something; who often sends nothing is not missed."""

import math

import numpy as np
import pytest

from models.detectors.gap import Gap, unlikely_zeros
from models.detectors.level_shift import lasting
from models.ports import Floats

DAYS = 24


def reported(values: Floats) -> list[int]:
    found = np.flatnonzero(Gap().scores(values, DAYS) >= Gap.threshold)
    return [int(place) for place in found]


def always(days: int = 20) -> Floats:
    return np.full(days * DAYS, 50.0)


def test_the_second_zero_of_who_never_stopped_is_a_gap() -> None:
    values = always()
    values[400:405] = 0
    assert reported(values) == [401, 402, 403, 404]


def test_nights_without_anything_are_no_gap() -> None:
    values = always()
    values.reshape(-1, DAYS)[:, :8] = 0
    assert reported(values) == []


def test_a_day_missing_among_days_with_nights_is_one() -> None:
    values = always()
    values.reshape(-1, DAYS)[:, :8] = 0
    values[15 * DAYS : 16 * DAYS] = 0
    assert reported(values)[0] == 15 * DAYS + 10  # the hour after the night is sometimes late


def test_free_weekends_are_no_gap_from_the_second_one_on() -> None:
    values = always(30)
    for week in range(4):
        values[(week * 7 + 5) * DAYS : (week * 7 + 7) * DAYS] = 0
    assert not [place for place in reported(values) if place > 8 * DAYS]


def test_the_second_outage_of_two_weeks_is_reported_as_well() -> None:
    values = always()
    values[350:356] = values[420:426] = 0
    assert {place // 10 for place in reported(values)} == {35, 42}


def test_who_stops_now_and_then_is_not_missed() -> None:
    values = always()
    for first in range(100, 470, 50):
        values[first : first + 6] = 0
    assert not [place for place in reported(values) if place > 220]


def test_what_is_not_known_is_no_zero() -> None:
    values = always()
    values[400:405] = math.nan
    assert reported(values) == []


def test_a_zero_that_never_was_before_is_one_in_forty_three_of_its_hours_and_those_beside() -> None:
    values = always()
    values[400] = 0
    assert unlikely_zeros(values[None, :], 400, DAYS)[0, 0] == pytest.approx(-math.log(0.5 / 43))


def test_a_shift_lasts_when_the_least_of_four_is_half_as_odd() -> None:
    assert lasting(np.array([0.0, 3, 4, 3, 5, 1])).tolist() == [0, 0, 0, 0, 6, 2]
