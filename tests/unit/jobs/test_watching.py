"""Usage by the hour as arrays: gaps, zeros, and what came before the first event."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import numpy as np

from analytics_hub.domain.answer import Points, Series, UsageAnswer, Value
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.jobs.watching import HOUR, Hours, hour_number, hour_start, watch
from models.incidents.ports import COST, ERRORS, LATENCY, REQUESTS, TOKENS, Watched

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = Hours(TenantId(1), START, START + 5 * HOUR)


class Answer:
    """Of an answer only its series are looked at."""

    def __init__(self, *series: Series) -> None:
        self.series = series


def series(group: Mapping[str, str], hours: list[int], *, other: bool = False) -> Series:
    columns: dict[str, list[Value]] = {
        "events": [10 for _ in hours],
        "cost_usd": ["0.50" for _ in hours],
        "total_tokens": [1_000 for _ in hours],
        "errors": [1 for _ in hours],
        "latency_avg_ms": [None for _ in hours],
    }
    return Series(group, other, {}, Points([START + hour * HOUR for hour in hours], columns))


def asked(query: UsageQuery) -> UsageAnswer:
    """Events in the second and the fourth hour; a project in the fourth, and what is left of all others."""
    if not query.group_by:
        answer = Answer(series({}, [1, 3]))
    elif query.group_by == ("project",):
        answer = Answer(series({"project": "p"}, [3]), series({}, [1], other=True))
    else:
        answer = Answer()
    return cast("UsageAnswer", answer)


def by_name(places_max: int = 5) -> dict[tuple[str, str], Watched]:
    return {(one.metric, one.value): one for one in watch(asked, HOURS, places_max)}


def test_an_hour_without_events_is_zero_for_sums_and_unknown_for_ratios() -> None:
    found = by_name()
    nan = np.nan
    for metric, expected in (
        (REQUESTS, [nan, 10, 0, 10, 0]),
        (COST, [nan, 0.5, 0, 0.5, 0]),
        (TOKENS, [nan, 100, nan, 100, nan]),
        (ERRORS, [nan, 0.1, nan, 0.1, nan]),
        (LATENCY, [nan] * 5),
    ):
        np.testing.assert_array_equal(found[metric, ""].values, expected)


def test_a_place_is_known_since_the_tenant_is() -> None:
    np.testing.assert_array_equal(by_name()[REQUESTS, "p"].values, [np.nan, 0, 0, 10, 0])


def test_what_is_left_of_all_others_is_no_place() -> None:
    assert {value for _, value in by_name()} == {"", "p"}


def test_no_places_are_asked_for_when_none_are_wanted() -> None:
    assert {value for _, value in by_name(places_max=0)} == {""}


def test_ratios_carry_the_requests_behind_them() -> None:
    weights = by_name()[ERRORS, ""].weights
    assert weights is not None
    np.testing.assert_array_equal(weights, [0, 10, 0, 10, 0])


def test_hours_are_counted_since_1970() -> None:
    assert hour_number(datetime(1970, 1, 2, tzinfo=UTC)) == 24
    assert hour_start(hour_number(START + timedelta(minutes=59))) == START
