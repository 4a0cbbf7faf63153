"""A watched question: what may be asked, and what it means at a moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.live import LiveQuery
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval

TENANT = TenantId(7)


def test_at_a_moment_it_is_the_last_minutes_with_the_running_one() -> None:
    query = LiveQuery.ask(TENANT, minutes=15).at(datetime(2026, 11, 5, 12, 30, 20, tzinfo=UTC))
    assert query.end == datetime(2026, 11, 5, 12, 31, tzinfo=UTC)
    assert query.end - query.start == timedelta(minutes=15)
    assert query.interval is Interval.MINUTE


def test_a_minute_that_begins_is_the_running_one() -> None:
    query = LiveQuery.ask(TENANT).at(datetime(2026, 11, 5, 12, 30, tzinfo=UTC))
    assert query.end == datetime(2026, 11, 5, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "code", "where"),
    [
        ({"minutes": 0}, "bad_minutes", "minutes"),
        ({"minutes": 61}, "bad_minutes", "minutes"),
        ({"group_by": ["model", "project"]}, "too_many_dimensions", "group_by"),
        ({"limit": 0}, "bad_limit", "limit"),
        ({"limit": 21}, "bad_limit", "limit"),
        ({"metrics": ["moon"]}, "unknown_metric", "metrics"),
        ({"group_by": ["moon"]}, "unknown_dimension", "group_by"),
        ({"filters": {"model": []}}, "filter_values", "filter.model"),
    ],
)
def test_what_cannot_be_watched_is_refused_by_name(asked: dict[str, Any], code: str, where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        LiveQuery.ask(TENANT, **asked)
    assert (refused.value.code, refused.value.field) == (code, where)


def test_equal_questions_are_equal_however_their_filters_are_written() -> None:
    one = LiveQuery.ask(TENANT, filters={"model": ["a", "b", "a"], "project": ["p"]})
    same = LiveQuery.ask(TENANT, filters={"project": ["p"], "model": ["b", "a"]})
    assert one == same
    assert hash(one) == hash(same)
    assert one != LiveQuery.ask(TenantId(8), filters={"model": ["a", "b"], "project": ["p"]})
