"""Moments as people type them."""

from datetime import UTC, datetime

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.query.moment import Edge, parse_moment

NOW = datetime(2026, 11, 5, 12, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "edge", "tz", "expected"),
    [
        ("now", "from", "UTC", "2026-11-05T12:30:00+00:00"),
        ("now", "to", "UTC", "2026-11-05T12:31:00+00:00"),
        (" -24h ", "from", "UTC", "2026-11-04T12:30:00+00:00"),
        ("-24h", "to", "UTC", "2026-11-04T12:31:00+00:00"),
        ("-1w", "from", "UTC", "2026-10-29T12:30:00+00:00"),
        ("2026-11-01", "from", "UTC", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01", "from", "America/New_York", "2026-11-01T04:00:00+00:00"),
        ("2026-11-01T08:00", "from", "Asia/Kolkata", "2026-11-01T02:30:00+00:00"),
        ("2026-11-01T08:00+02:00", "from", "Asia/Kolkata", "2026-11-01T06:00:00+00:00"),
        ("2026-11-01T08:00:30Z", "from", "UTC", "2026-11-01T08:00:30+00:00"),
    ],
)
def test_a_text_means_a_moment(text: str, edge: Edge, tz: str, expected: str) -> None:
    assert parse_moment(text, edge=edge, now=NOW, tz=tz).isoformat() == expected


def test_a_whole_minute_is_not_widened() -> None:
    now = NOW.replace(second=0)
    assert parse_moment("now", edge="to", now=now) == now


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "-1y",
        "-h",
        "2026-13-01",
        "1" * 40,
        "2026-11-01T08:00:00.1234567890123",
        "20261101",
        "0001-01-01T00:00+23:00",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_moment(text, edge="from", now=NOW)
    assert (refused.value.code, refused.value.field) == ("bad_moment", "from")


def test_the_far_past_is_out_of_range() -> None:
    with pytest.raises(InvalidInput, match="out_of_range"):
        parse_moment("-999999999w", edge="from", now=NOW)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(InvalidInput, match="unknown_zone"):
        parse_moment("2026-11-01", edge="from", now=NOW, tz="../UTC")
