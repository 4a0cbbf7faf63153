"""The end of the month: exactly what was spent, the zone's own month, and nothing where nothing is known."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.forecast import History
from analytics_hub.domain.month_forecast import MonthForecast
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.fitting import FittingPlaces
from analytics_hub.query.memory import Delta, MemoryUsageStore
from analytics_hub.query.month import MonthService, ask_month
from analytics_hub.query.service import UsageService
from tests.support.forecasts import FORECAST_RULES

NOW = datetime(2026, 11, 10, 12, 0, 30, tzinfo=UTC)
ACME = TenantId(1)
DAY = timedelta(days=1)
USD = 10**12


def month(days: int, *, dollars: int = 10, now: datetime = NOW, odd: int = 0, **asked: Any) -> MonthForecast:
    """Of a tenant that spent the same on each of so many days before today, half of it today, and `odd` pico-USD on the
    first of them more."""
    store = MemoryUsageStore(ACME, now, ["team"])
    for back in range(days + 1):
        pico = dollars * USD // (2 if back == 0 else 1) + (odd if back == days else 0)
        at = (now - back * DAY).replace(hour=6, minute=0, second=0)
        store.add(Delta(at, {"model": "a"}, {"events": 1, "cost_input_pico_usd": pico}))
    service = MonthService(
        UsageService(store, spans_max=500).ask,
        FittingPlaces(threads=1, tenant_max=1, wait_s=120),
        FixedClock(now),
        FORECAST_RULES,
    )
    return asyncio.run(service.ask(ask_month(ACME, now, **asked)))


def test_what_was_spent_is_the_months_own_and_exact() -> None:
    found = month(60)
    assert found.spent_usd == "95.00"  # nine days and a half
    assert month(9, odd=1).spent_usd == "95.000000000001"


def test_a_steady_month_comes_to_as_much_as_all_of_its_days() -> None:
    found = month(60)
    assert found.history is History.ENOUGH
    assert found.expected == pytest.approx(300, abs=0.5)
    low, high = found.intervals[95]
    assert low is not None
    assert high is not None
    assert found.expected is not None
    assert 95 <= low <= found.expected <= high
    first, following = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert (found.query.start, found.query.end) == (first, following)


def test_the_month_is_that_of_the_zone() -> None:
    now = datetime(2026, 11, 1, 3, tzinfo=UTC)  # still October in New York
    found = month(40, now=now, tz="America/New_York")
    assert found.query.start == datetime(2026, 10, 1, 4, tzinfo=UTC)
    assert found.query.end == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert found.expected == pytest.approx(float(Decimal(found.spent_usd)), rel=0.05)


def test_a_tenant_without_events_is_expected_nothing_of() -> None:
    found = month(60, filters={"model": ["nobody"]})
    assert (found.spent_usd, found.expected, found.history, found.model) == (
        "0.00",
        None,
        History.NONE,
        "none",
    )
    assert found.intervals == {80: (None, None), 95: (None, None)}
    assert found.trained_from is None


def test_a_tenant_of_a_few_days_is_told_that_little_is_known() -> None:
    found = month(3)
    assert found.history is History.SHORT
    assert found.expected is not None
    assert found.intervals[95][1] is None
    assert found.trained_from == datetime(2026, 11, 7, tzinfo=UTC)


def test_a_tenant_that_began_today_has_spent_but_has_no_history() -> None:
    found = month(0)
    assert (found.spent_usd, found.expected, found.history) == ("5.00", None, History.NONE)


@pytest.mark.parametrize("moment", ["2026-12-31T23:59:59Z", "2026-11-01T00:00:00Z", "2028-02-29T12:00:00Z"])
def test_the_edges_of_a_month_are_no_exception(moment: str) -> None:
    found = month(40, now=datetime.fromisoformat(moment))
    assert found.expected is not None
    assert found.query.start <= found.query.now < found.query.end
