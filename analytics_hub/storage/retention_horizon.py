"""How far each level may be dropped: pure arithmetic on what the database says.

In: a `RetentionState`, the time, the settings. Out: one `Horizon` a level. A horizon is lowered to the oldest hour or
day that is not closed, because it would be closed from less than there was; that of the events also to the longest
late horizon of a tenant, because a resend is known by its stored event.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from analytics_hub.settings import RetentionSettings

Level = Literal["events", "minutes", "hours"]
LEVELS: Final[tuple[Level, ...]] = ("events", "minutes", "hours")
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""What `rollup_retention` says, read by Python, of a level that was never dropped."""


@dataclass(frozen=True, slots=True)
class RetentionState:
    """What was dropped, the oldest mark of an hour or a day, and the longest late horizon that a tenant has."""

    events: datetime
    minutes: datetime
    hours: datetime
    oldest_mark: datetime | None
    late_horizon: timedelta | None
    plain: bool

    def dropped(self, level: Level) -> datetime:
        return {"events": self.events, "minutes": self.minutes, "hours": self.hours}[level]


@dataclass(frozen=True, slots=True)
class Horizon:
    """A level may be dropped up to `at`, a UTC day; None: it is kept for ever. `held_back_by`: what lowered it."""

    level: Level
    at: datetime | None
    held_back_by: str = ""


def horizons(state: RetentionState, now: datetime, settings: RetentionSettings) -> tuple[Horizon, ...]:
    """Events, minutes, hours, in the order in which they are dropped."""
    today = _day(now)
    kept: dict[Level, int] = {
        "events": settings.events_days,
        "minutes": settings.minutes_days,
        "hours": settings.hours_days,
    }
    return tuple(_horizon(level, days, today, state) for level, days in kept.items())


def _horizon(level: Level, days: int, today: datetime, state: RetentionState) -> Horizon:
    if not days:
        return Horizon(level, None)
    horizon = Horizon(level, today - timedelta(days=days))
    if level == "events" and state.late_horizon is not None:
        horizon = _lowered(horizon, _day(today - state.late_horizon), "a tenant's late horizon")
    if state.oldest_mark is not None:
        day = _day(state.oldest_mark)
        horizon = _lowered(horizon, day, f"hours that are not closed, from {day:%Y-%m-%d}")
    return horizon


def _lowered(horizon: Horizon, bound: datetime, reason: str) -> Horizon:
    if horizon.at is None or bound >= horizon.at:
        return horizon
    return Horizon(horizon.level, bound, reason)


def _day(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
