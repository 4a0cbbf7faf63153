"""A question that exists is valid: every rule refuses with its code and the argument at fault."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, Order, QueryCaps, UsageQuery

TENANT = TenantId(1)
START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
EARLY = datetime(2000, 1, 2, tzinfo=UTC)


def ask(start: datetime = START, end: datetime = START + DAY, **asked: Any) -> UsageQuery:
    return UsageQuery.ask(asked.pop("tenant", TENANT), start, end, **asked)


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("no_tenant", "tenant", {"tenant": 0}),
    ("no_tenant", "tenant", {"tenant": None}),
    ("no_tenant", "tenant", {"tenant": True}),
    ("no_offset", "from", {"start": datetime(2026, 11, 1)}),  # noqa: DTZ001
    ("no_offset", "to", {"end": datetime(2026, 11, 2)}),  # noqa: DTZ001
    ("not_on_minute", "from", {"start": START + timedelta(seconds=1)}),
    ("not_on_minute", "to", {"end": START + timedelta(hours=1, microseconds=1)}),
    ("out_of_range", "from", {"start": datetime(1999, 12, 31, tzinfo=UTC)}),
    ("out_of_range", "to", {"end": datetime(2101, 1, 2, tzinfo=UTC)}),
    ("empty_range", "to", {"end": START}),
    ("range_too_long", "from", {"end": START + 3661 * DAY}),
    ("unknown_zone", "tz", {"tz": "Mars/Base"}),
    ("unknown_zone", "tz", {"tz": "../etc/passwd"}),
    ("unknown_zone", "tz", {"tz": ""}),
    ("unknown_interval", "interval", {"interval": "2h"}),
    ("unknown_metric", "metrics", {"metrics": ["costs"]}),
    ("named_twice", "metrics", {"metrics": ["events", "events"]}),
    ("unknown_dimension", "group_by", {"group_by": ["user"]}),
    ("unknown_dimension", "group_by", {"group_by": ["tag."]}),
    ("unknown_dimension", "group_by", {"group_by": ["tag." + "k" * 65]}),
    ("unknown_dimension", "group_by", {"group_by": ["tag.\0"]}),
    ("not_text", "group_by", {"group_by": ["tag.\ud800"]}),
    ("named_twice", "group_by", {"group_by": ["model", "model"]}),
    ("too_many_dimensions", "group_by", {"group_by": ["model", "provider", "project", "status", "tag.a"]}),
    ("unknown_dimension", "filter", {"filters": {"cost": ["1"]}}),
    ("filter_values", "filter.model", {"filters": {"model": []}}),
    ("filter_values", "filter.model", {"filters": {"model": ["x"] * 101}}),
    ("filter_value", "filter.model", {"filters": {"model": ["x" * 257]}}),
    ("filter_value", "filter.model", {"filters": {"model": ["\0"]}}),
    ("not_text", "filter.model", {"filters": {"model": ["\ud800"]}}),
    ("unknown_metric", "order", {"order": "-price"}),
    ("not_orderable", "order", {"order": "-ttft_p99_ms"}),
    ("not_orderable", "order", {"order": "-distinct_users"}),
    ("too_many_points", "interval", {"interval": "1m", "end": START + 7 * DAY}),
    ("bad_limit", "limit", {"limit": 0, "group_by": ["model"]}),
    ("bad_limit", "limit", {"limit": 1001, "group_by": ["model"]}),
    ("bad_limit", "limit", {"limit": 7, "interval": "1m", "group_by": ["model"]}),
    ("bad_limit", "limit", {"limit": 4, "interval": "1m", "group_by": ["model"], "compare": "previous"}),
    ("unknown_comparison", "compare", {"compare": "next"}),
    ("out_of_range", "compare", {"start": EARLY, "end": EARLY + 2 * DAY, "compare": "previous"}),
    ("too_many_points", "interval", {"interval": "1m", "end": START + 4 * DAY, "compare": "previous"}),
    ("too_many_minutes", "interval", {"interval": "15m", "end": START + 32 * DAY, "group_by": ["model"]}),
    (
        "too_many_minutes",
        "interval",
        {"interval": "15m", "end": START + 32 * DAY, "filters": {"tag.a": ["b"]}},
    ),
]


@pytest.mark.parametrize("asked", [{"group_by": ["user"]}, {"filters": {"user": ["ann"]}}])
def test_who_looks_for_end_users_among_the_dimensions_learns_where_they_are(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"unknown_dimension.*GET /v1/users.*distinct_users"):
        ask(**asked)


@pytest.mark.parametrize(("code", "field", "asked"), REFUSED)
def test_a_broken_rule_is_named_with_its_argument(code: str, field: str, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(**asked)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_moments_of_any_offset_are_kept_as_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert ask(start=datetime(2026, 11, 1, 5, 30, tzinfo=east)) == ask()
    assert ask(start=datetime(2026, 11, 1, 5, 30, tzinfo=east)).start.tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "interval"), [("minute", "1m"), ("hour", "1h"), ("month", "1mo"), ("none", "none")]
)
def test_intervals_have_a_word_and_a_short_form(name: str, interval: str) -> None:
    assert ask(interval=name).interval == ask(interval=interval).interval == Interval(interval)


def test_without_a_limit_as_many_groups_are_told_apart_as_fit() -> None:
    assert ask(group_by=["model"]).groups_max == 1000
    assert ask(group_by=["model"], interval="1m").groups_max == 10_000 // 1440
    assert ask(group_by=["model"], limit=5).groups_max == 5
    assert ask(group_by=["model"], caps=QueryCaps(groups_max=7)).groups_max == 7


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ({}, Order("events")),
        ({"metrics": ["latency_p50_ms", "cost_usd"]}, Order("cost_usd")),
        ({"metrics": ["latency_p50_ms"]}, Order("events")),
        ({"order": "errors"}, Order("errors", descending=False)),
    ],
)
def test_groups_are_ordered_by_what_was_asked_for(asked: dict[str, Any], order: Order) -> None:
    assert ask(**asked).ordering == order


def test_minutes_of_the_whole_tenant_are_few_at_any_length() -> None:
    assert ask(interval="15m", end=START + 90 * DAY).groups_max == 1


def test_the_question_of_the_period_before_is_the_same_but_for_its_range() -> None:
    asked = ask(group_by=["model"], interval="1h", compare="previous", metrics=["cost_usd"])
    assert asked.previous == ask(
        start=START - DAY, end=START, group_by=["model"], interval="1h", metrics=["cost_usd"]
    )
