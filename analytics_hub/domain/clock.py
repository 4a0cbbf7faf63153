"""The clock port: the only door to the time of day. The system's clock, or one that tests hold.

Comes out: aware UTC datetimes, or integer microseconds since 1970 where the Rust core is fed. For deadlines
of single waits see `ingest/deadline.py`.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Time of day for stamps, monotonic seconds for measuring how long something takes."""

    def now(self) -> datetime: ...

    def monotonic_s(self) -> float: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()


class FixedClock:
    """Stands still until it is moved; both times move together."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("FixedClock needs an aware datetime")
        self._now = now.astimezone(UTC)
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def advance(self, by: timedelta) -> None:
        self._now += by
        self._monotonic_s += by.total_seconds()


def unix_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime, exact."""
    return (moment - _EPOCH) // _MICROSECOND


def from_unix_us(micros: int) -> datetime:
    """The aware UTC datetime of microseconds since 1970, exact."""
    return _EPOCH + timedelta(microseconds=micros)
