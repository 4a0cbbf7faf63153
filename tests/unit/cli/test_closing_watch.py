"""What closing tells becomes metrics: counters from every call, gauges from rounds over all tenants."""

from prometheus_client import Counter, Gauge, Histogram

from analytics_hub.cli.closing_watch import Lag, Measured
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer import ClosedReport, Turn
from analytics_hub.telemetry import (
    CLOSED_DAYS,
    CLOSED_HOURS,
    CLOSER_CONFLICTS,
    CLOSER_FAILED_TENANTS,
    CLOSER_HOUR_SECONDS,
    CLOSER_HOURS_WAITING,
    CLOSER_LAG_SECONDS,
)


def value(metric: Counter | Gauge | Histogram, suffix: str) -> float:
    """The sum of the metric's samples of this name ending."""
    return sum(
        sample.value
        for family in metric.collect()
        for sample in family.samples
        if sample.name.endswith(suffix)
    )


def test_a_turn_counts_its_hours_days_and_conflicts() -> None:
    counted = (CLOSED_HOURS, CLOSED_DAYS, CLOSER_CONFLICTS)
    before = [value(metric, "_total") for metric in counted]
    Measured(everybody=False).turn_ended(Turn(hours=3, days=1, more=False), seconds=6.0, conflicts=2)
    after = [value(metric, "_total") for metric in counted]
    assert [one - other for one, other in zip(after, before, strict=True)] == [3, 1, 2]


def test_each_hour_is_charged_its_share_of_the_transaction() -> None:
    before = value(CLOSER_HOUR_SECONDS, "_count"), value(CLOSER_HOUR_SECONDS, "_sum")
    Measured(everybody=False).turn_ended(Turn(hours=4, days=0, more=False), seconds=2.0, conflicts=0)
    after = value(CLOSER_HOUR_SECONDS, "_count"), value(CLOSER_HOUR_SECONDS, "_sum")
    assert (after[0] - before[0], round(after[1] - before[1], 6)) == (4, 2.0)


def test_a_turn_without_hours_is_no_observation() -> None:
    before = value(CLOSER_HOUR_SECONDS, "_count")
    Measured(everybody=False).turn_ended(Turn(hours=0, days=1, more=False), seconds=2.0, conflicts=0)
    assert value(CLOSER_HOUR_SECONDS, "_count") == before


def test_only_rounds_over_all_tenants_say_how_many_hours_wait() -> None:
    Measured(everybody=True).round_began(7)
    Measured(everybody=False).round_began(3)
    assert value(CLOSER_HOURS_WAITING, "waiting") == 7


def test_the_lag_goes_back_when_nothing_is_due_any_more() -> None:
    now = [100.0]
    lag = Lag(lambda: now[0])
    assert lag.seconds() == 0
    began = lag.began()
    now[0] += 60
    lag.ended(began, ClosedReport(complete=False))
    assert value(CLOSER_LAG_SECONDS, "seconds") == 60
    began = lag.began()
    now[0] += 5
    lag.ended(began, ClosedReport())
    assert (lag.seconds(), value(CLOSER_HOURS_WAITING, "waiting")) == (5, 0)


def test_a_tenant_that_failed_is_an_alarm_until_it_is_closed() -> None:
    lag = Lag(lambda: 0.0)
    lag.ended(lag.began(), ClosedReport(failed=((TenantId(1), "broken"),), complete=False))
    assert value(CLOSER_FAILED_TENANTS, "tenants") == 1
    lag.ended(lag.began(), ClosedReport())
    assert value(CLOSER_FAILED_TENANTS, "tenants") == 0
