"""Usage by the hour as arrays: gaps, zeros, and what came before the first event."""

from datetime import UTC, datetime, timedelta

import numpy as np

from analytics_hub.domain.hours import HourColumns
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.watching import HOUR, Hours, hour_number, hour_start, watch
from analytics_hub.query.hours import HoursQuery
from models.incidents.ports import COST, ERRORS, LATENCY, REQUESTS, TOKENS, Watched

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = Hours(TenantId(1), START, START + 5 * HOUR)


def columns(hours: list[int], *, value: str = "") -> HourColumns:
    each = {
        "events": 10,
        "cost_pico_usd": 5 * 10**11,
        "total_tokens": 1_000,
        "errors": 1,
        "latency_us_sum": 0,
        "latency_count": 0,
    }
    starts_s = [(START + hour * HOUR).timestamp() for hour in hours]
    same = {name: [float(amount)] * len(hours) for name, amount in each.items()}
    return HourColumns("project" if value else "", value, starts_s, same)


def asked(query: HoursQuery) -> list[HourColumns]:
    """Events in the second and the fourth hour; a project in the fourth."""
    return [columns([1, 3]), *([columns([3], value="p")] if query.values_max else [])]


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


def test_no_places_are_asked_for_when_none_are_wanted() -> None:
    assert {value for _, value in by_name(places_max=0)} == {""}


def test_ratios_carry_the_requests_behind_them() -> None:
    weights = by_name()[ERRORS, ""].weights
    assert weights is not None
    np.testing.assert_array_equal(weights, [0, 10, 0, 10, 0])


def test_hours_are_counted_since_1970() -> None:
    assert hour_number(datetime(1970, 1, 2, tzinfo=UTC)) == 24
    assert hour_start(hour_number(START + timedelta(minutes=59))) == START
