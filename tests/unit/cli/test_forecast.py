"""Moments of `hub forecast`, as a reader of its table meets them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from analytics_hub.cli.forecast import moment_text


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = [datetime(2026, 10, 25, tzinfo=UTC) + timedelta(hours=number) for number in range(3)]
    assert [moment_text(hour, berlin) for hour in hours] == [
        "2026-10-25 02:00",
        "2026-10-25 02:00 +0100",
        "2026-10-25 03:00",
    ]
