"""Reports against events, by hand: touching, tolerance, delays, false alarms."""

import math

import numpy as np

from models.scores.events import NOTHING, false_alarms_per_month, matched, median_delay, spans

EVENTS = [(3, 5), (10, 10), (20, 24)]
REPORTS = [(5, 7), (12, 12), (30, 31)]


def test_runs_of_flags_are_spans() -> None:
    flags = np.array([1, 1, 0, 1, 0, 0, 1], dtype=np.bool_)
    assert spans(flags) == [(0, 1), (3, 3), (6, 6)]
    assert spans(flags, apart_max=2) == [(0, 3), (6, 6)]
    assert spans(np.zeros(3, dtype=np.bool_)) == []


def test_a_report_that_touches_an_event_finds_it() -> None:
    found = matched(EVENTS, REPORTS)
    assert (found.events, found.found, found.reports, found.right) == (3, 1, 3, 1)
    assert (found.precision, found.recall) == (1 / 3, 1 / 3)


def test_a_report_within_the_tolerance_finds_it_too() -> None:
    found = matched(EVENTS, REPORTS, tolerance=2)
    assert (found.precision, found.recall, found.f1) == (2 / 3, 2 / 3, 2 / 3)


def test_a_delay_counts_from_the_begin_of_the_event_to_the_first_report() -> None:
    assert matched(EVENTS, REPORTS, tolerance=2).delays == (2, 2)


def test_a_report_that_came_before_has_no_delay() -> None:
    assert matched([(5, 9)], [(3, 6)]).delays == (0,)


def test_an_event_is_found_once_and_every_report_of_it_is_right() -> None:
    found = matched([(0, 9)], [(1, 2), (4, 5)])
    assert (found.found, found.right, found.recall, found.precision) == (1, 2, 1.0, 1.0)


def test_f1_is_the_harmonic_mean() -> None:
    # one of two reports right, one of four events found: 2 · 0.5 · 0.25 / 0.75
    found = matched([(0, 0), (10, 10), (20, 20), (30, 30)], [(0, 0), (15, 15)])
    assert math.isclose(found.f1, 1 / 3)


def test_nothing_found_is_zero_and_nothing_to_find_has_no_figure() -> None:
    assert matched(EVENTS, []).f1 == 0.0
    assert math.isnan(matched(EVENTS, []).precision)
    assert math.isnan(NOTHING.f1)
    assert math.isnan(matched([], REPORTS).recall)


def test_counts_of_several_series_add_up() -> None:
    assert matched([(1, 1)], [(1, 1)]) + matched([(2, 2)], [(5, 5)]) == matched(
        [(1, 1), (12, 12)], [(1, 1), (15, 15)]
    )


def test_false_alarms_are_counted_for_thirty_days() -> None:
    assert false_alarms_per_month(3, 60 * 24) == 1.5
    assert math.isnan(false_alarms_per_month(0, 0))


def test_the_delay_in_the_middle_is_told() -> None:
    assert median_delay((0, 1, 9)) == 1.0
    assert math.isnan(median_delay(()))
