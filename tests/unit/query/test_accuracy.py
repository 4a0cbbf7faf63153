"""Which weeks are asked for: those that are over, from Monday, in UTC."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.accuracy import WEEKS_MAX, ask_accuracy

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "into", [timedelta(0), timedelta(days=3, hours=5), timedelta(days=7) - timedelta.resolution]
)
def test_the_running_week_is_not_among_them(into: timedelta) -> None:
    asked = ask_accuracy(TenantId(1), MONDAY + into, 2)
    assert (asked.start, asked.end, asked.weeks) == (MONDAY - timedelta(days=14), MONDAY, 2)


@pytest.mark.parametrize("weeks", [-1, 0, WEEKS_MAX + 1, 10**30])
def test_their_number_is_bounded(weeks: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask_accuracy(TenantId(1), MONDAY, weeks)
    assert (refused.value.code, refused.value.field) == ("bad_weeks", "weeks")
