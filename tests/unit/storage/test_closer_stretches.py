"""Marked hours become stretches: adjacent, of one kind, and no longer than a stream may be."""

from datetime import timedelta

from analytics_hub.settings import default_settings
from analytics_hub.storage.closer import CloserLimits
from analytics_hub.storage.closer.stretch import Dropped, Kind, stretches
from tests.support.deltas import minute

FIRST = minute("2026-03-01 00:00")
LONG_AGO = minute("2000-01-01 00:00")
NOTHING = Dropped(LONG_AGO, LONG_AGO, LONG_AGO)


def cut(hours: list[int], dropped: Dropped = NOTHING, hours_max: int = 6) -> list[tuple[Kind, list[int]]]:
    marked = [FIRST + timedelta(hours=hour) for hour in hours]
    return [
        (one.kind, [(hour - FIRST) // timedelta(hours=1) for hour in one.hours])
        for one in stretches(marked, dropped, hours_max)
    ]


def test_adjacent_hours_are_joined_up_to_the_bound() -> None:
    assert cut([0, 1, 2, 4, 5, 6, 7], hours_max=3) == [
        (Kind.WHOLE, [0, 1, 2]),
        (Kind.WHOLE, [4, 5, 6]),
        (Kind.WHOLE, [7]),
    ]


def test_hours_of_different_kinds_are_kept_apart() -> None:
    dropped = Dropped(FIRST + timedelta(hours=26), LONG_AGO, FIRST + timedelta(hours=24))
    assert cut([22, 23, 24, 25, 26, 27], dropped) == [
        (Kind.DROPPED, [22, 23]),
        (Kind.LATE, [24, 25]),
        (Kind.WHOLE, [26, 27]),
    ]


def test_hours_that_go_straight_into_their_day_are_joined_by_day() -> None:
    dropped = Dropped(FIRST + timedelta(days=2), LONG_AGO, FIRST + timedelta(days=2))
    assert cut([0, 9, 23, 24, 30], dropped, hours_max=1) == [
        (Kind.DROPPED, [0, 9, 23]),
        (Kind.DROPPED, [24, 30]),
    ]


def test_no_hours_make_no_stretch() -> None:
    assert cut([]) == []


def test_a_stretch_ends_where_its_last_hour_does() -> None:
    (stretch,) = stretches([FIRST, FIRST + timedelta(hours=1)], NOTHING, 6)
    assert (stretch.start, stretch.stop) == (FIRST, FIRST + timedelta(hours=2))


def test_the_bounds_without_settings_are_those_of_the_settings() -> None:
    assert CloserLimits.of(default_settings().closer) == CloserLimits()
