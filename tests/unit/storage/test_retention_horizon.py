"""How far a level may be dropped: by the settings, by what is open, by what must stay known."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from analytics_hub.settings import RetentionSettings
from analytics_hub.storage.retention_horizon import NEVER, Horizon, RetentionState, horizons
from tests.support.deltas import minute

NOW = minute("2026-03-31 13:45")
STATE = RetentionState(NEVER, NEVER, NEVER, oldest_mark=None, late_horizon=None, plain=True)
SETTINGS = RetentionSettings(events_days=20, minutes_days=10, hours_days=100)


def found(state: RetentionState, settings: RetentionSettings = SETTINGS) -> dict[str, Horizon]:
    return {one.level: one for one in horizons(state, NOW, settings)}


def test_a_level_is_kept_for_its_days_and_the_day_that_is_not_over() -> None:
    assert [(one.level, one.at) for one in found(STATE).values()] == [
        ("events", minute("2026-03-11 00:00")),
        ("minutes", minute("2026-03-21 00:00")),
        ("hours", minute("2025-12-21 00:00")),
    ]


def test_no_days_are_for_ever() -> None:
    settings = RetentionSettings(events_days=0, minutes_days=0, hours_days=0)
    assert {one.at for one in found(STATE, settings).values()} == {None}


def test_an_hour_that_is_not_closed_keeps_its_day_and_all_later_ones() -> None:
    horizons_found = found(replace(STATE, oldest_mark=minute("2026-03-05 17:00")))
    assert horizons_found["events"].at == horizons_found["minutes"].at == minute("2026-03-05 00:00")
    assert horizons_found["minutes"].held_back_by == "hours that are not closed, from 2026-03-05"
    assert horizons_found["hours"].held_back_by == ""


def test_events_stay_while_a_resend_may_be_taken() -> None:
    horizon = found(replace(STATE, late_horizon=timedelta(days=30, hours=1)))["events"]
    assert (horizon.at, horizon.held_back_by) == (minute("2026-02-28 00:00"), "a tenant's late horizon")


@pytest.mark.parametrize(
    "days",
    [
        {"hours_days": 89},
        {"minutes_days": 0},
        {"minutes_days": 401},
        {"events_days": -1},
    ],
)
def test_settings_that_would_break_a_level_are_refused(days: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        RetentionSettings(**days)  # type: ignore[arg-type]
