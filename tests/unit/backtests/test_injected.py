"""The injector changes what the real thing would change and nothing else; the suite counts what was found of it."""

import math

import numpy as np
import pytest

from analytics_hub.backtests import injected
from analytics_hub.backtests.incidents import KINDS, Incident, inject
from analytics_hub.backtests.tenants import Hours, lived, made_up_rate
from analytics_hub.backtests.watchers import DetectorWatcher, IncidentWatcher
from models.detectors.robust_z import RobustZ
from models.ports import Floats

LENGTH = 10 * 24
BY_KIND = pytest.mark.parametrize("kind", KINDS)


class Always:
    name = "always"
    threshold = 0.5

    def scores(self, values: Floats, season: int) -> Floats:  # noqa: ARG002
        return np.ones(len(values))


class Never(Always):
    name = "never"

    def scores(self, values: Floats, season: int) -> Floats:  # noqa: ARG002
        return np.zeros(len(values))


def quiet(done: int, total: int) -> None:
    assert 0 <= done < total


def hit(kind: str, factor: float | None = None) -> tuple[Hours, Hours, Incident, slice]:
    random = np.random.default_rng(5)
    before = lived(random, np.full(LENGTH, 1000.0))
    after, incident = inject(random, before, kind, factor or KINDS[kind].factors[-1], 50)
    return before, after, incident, slice(incident.first, incident.last + 1)


@BY_KIND
def test_only_the_hours_of_the_incident_are_changed(kind: str) -> None:
    before, after, incident, _ = hit(kind)
    outside = np.r_[0 : incident.first, incident.last + 1 : LENGTH]
    for name, values in before.metrics().items():
        assert np.array_equal(values[outside], after.metrics()[name][outside], equal_nan=True), name


@BY_KIND
def test_an_incident_lasts_as_long_as_its_kind_may(kind: str) -> None:
    _, _, incident, _ = hit(kind)
    least, most = KINDS[kind].lasts_h
    assert least <= incident.last + 1 - incident.first <= most


def test_a_runaway_asks_and_costs_so_many_times_more() -> None:
    before, after, _, inside = hit("runaway", 5)
    assert np.array_equal(after.requests[inside], 5 * before.requests[inside])
    assert np.allclose(after.cost_usd[inside], 5 * before.cost_usd[inside])


def test_token_inflation_asks_no_more_often() -> None:
    before, after, _, inside = hit("token_inflation", 3)
    assert np.array_equal(after.requests, before.requests)
    assert np.allclose(after.tokens[inside], 3 * before.tokens[inside])
    assert np.allclose(after.cost_usd[inside], 3 * before.cost_usd[inside])


def test_a_price_change_moves_money_only() -> None:
    before, after, _, inside = hit("price_change", 2)
    assert np.array_equal(after.tokens, before.tokens)
    assert np.allclose(after.cost_usd[inside], 2 * before.cost_usd[inside])


def test_a_drift_grows_to_its_size_and_is_due_when_half_of_it_has_come() -> None:
    before, after, incident, _ = hit("slow_drift", 5)
    assert after.requests[incident.first] == before.requests[incident.first]
    assert after.requests[incident.last] == 5 * before.requests[incident.last]
    assert incident.due == (incident.first + incident.last + 1) // 2


def test_a_dropout_leaves_nothing_and_no_latency() -> None:
    _, after, _, inside = hit("dropout")
    assert (after.requests[inside] == 0).all()
    assert (after.cost_usd[inside] == 0).all()
    assert np.isnan(after.latency_ms[inside]).all()
    assert np.isnan(after.metrics()["error_share"][inside]).all()


def test_a_latency_shift_is_slow_only() -> None:
    before, after, _, inside = hit("latency_shift", 3)
    assert np.allclose(after.latency_ms[inside], 3 * before.latency_ms[inside])
    assert np.array_equal(after.requests, before.requests)


def test_an_error_burst_fails_a_large_share() -> None:
    _, after, _, inside = hit("error_burst")
    assert after.metrics()["error_share"][inside].min() > 0.2
    assert (after.errors <= after.requests).all()


def test_the_same_seed_makes_the_same_tenants() -> None:
    first, second = (injected.make_tenants(3, 4, 2) for _ in range(2))
    assert [tenant.incident for tenant in first] == [tenant.incident for tenant in second]
    assert all(
        np.array_equal(one.hours.cost_usd, other.hours.cost_usd)
        for one, other in zip(first, second, strict=True)
    )


def test_another_seed_makes_others() -> None:
    assert injected.make_tenants(3, 1, 0)[0].incident != injected.make_tenants(4, 1, 0)[0].incident


def test_every_kind_comes_in_every_strength() -> None:
    strengths = {(name, factor) for name, kind in KINDS.items() for factor in kind.factors}
    crowd = injected.make_tenants(1, len(strengths), 2)
    assert {(one.incident.kind, one.incident.factor) for one in crowd if one.incident} == strengths
    assert [one.incident for one in crowd[-2:]] == [None, None]


def test_a_new_tenant_has_a_few_days_before_its_surge() -> None:
    surge = next(
        one
        for one in injected.make_tenants(1, 20, 0)
        if one.incident and one.incident.kind == "new_tenant_surge"
    )
    assert surge.incident is not None
    young = np.flatnonzero(surge.hours.requests)[0]
    assert 60 <= surge.incident.first - young <= 72


def test_tenants_can_have_the_shapes_of_real_clients() -> None:
    shapes = np.tile([[0.0], [1000.0]], (84, 1))  # a week of every other hour
    requests = injected.make_tenants(1, 0, 1, shapes)[0].hours.requests
    assert (requests[::2] == 0).all()
    assert (requests[1::2] > 0).all()


def test_who_never_reports_finds_nothing_and_alarms_nobody() -> None:
    figures = injected.run([DetectorWatcher(Never())], quiet, seed=1, tenants=19, clean=2).models["never"]
    assert (figures["recall"], figures["false_alarms_per_tenant_month"]) == (0, 0)
    assert math.isnan(figures["precision"])


def test_who_always_reports_is_never_late_and_alarms_everybody() -> None:
    figures = injected.run([DetectorWatcher(Always())], quiet, seed=1, tenants=19, clean=2).models["always"]
    assert (figures["recall"], figures["recall_small"], figures["delay_h"]) == (1, 1, 0)
    assert figures["false_alarms_per_tenant_month"] == pytest.approx(30 / 28)  # one report without an end


def test_nothing_is_reported_in_the_first_two_weeks() -> None:
    hours = injected.make_tenants(1, 0, 1)[0].hours
    reports = DetectorWatcher(Always()).reports(hours, injected.WARM_UP_H)
    assert reports == [(injected.WARM_UP_H, injected.HOURS - 1)]


def test_a_robust_z_finds_most_large_incidents() -> None:
    figures = injected.run([DetectorWatcher(RobustZ())], quiet, seed=1, tenants=19, clean=0).models
    assert figures["robust_z"]["recall"] > 0.6


def test_incidents_as_they_are_told_find_most_large_ones_and_alarm_hardly_anybody() -> None:
    figures = injected.run([IncidentWatcher()], quiet, seed=1, tenants=19, clean=4).models["incidents"]
    assert (figures["recall"] >= 0.8, figures["precision"] >= 0.9, figures["delay_h"] <= 1) == (True,) * 3
    assert figures["false_alarms_per_tenant_month"] <= 1


def test_a_share_of_few_requests_is_not_known() -> None:
    ones, many = np.ones(3), np.array([0.0, 49, 50])
    shares = Hours(many, many, ones, ones, ones).metrics()["error_share"]
    assert np.array_equal(shares, [math.nan, math.nan, 0.02], equal_nan=True)


def test_made_up_tenants_differ_in_size() -> None:
    random = np.random.default_rng(1)
    means = [made_up_rate(random, 168).mean() for _ in range(20)]
    assert max(means) > 10 * min(means)
