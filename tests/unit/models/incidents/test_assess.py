"""Incidents: what is found in a tenant's hours, whose it is, since when, what it costs; causal, and the same again."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.incidents.assess import assess
from models.incidents.ports import (
    COST,
    ERRORS,
    LATENCY,
    METRICS,
    REQUESTS,
    TOKENS,
    Assessment,
    FoundIncident,
    PastIncident,
    Watched,
)
from models.incidents.rules import Rules
from models.ports import Floats

ZERO = 480_000
DAY = 24
LENGTH = 39 * DAY
START = 36 * DAY
"""Where things begin to happen in these tests: noon would be 12 hours later."""


def requests(seed: int = 1, level: float = 400) -> Floats:
    hours = np.arange(LENGTH)
    rate = level * (1 + 0.5 * np.cos((hours % DAY - 14) * 2 * np.pi / DAY))
    return np.random.default_rng(seed).poisson(rate).astype(np.float64)


class Tenant:
    """Two projects of one tenant, one of a fifth of the other; each can be changed before it is watched."""

    def __init__(self) -> None:
        self.requests = {"big": requests(1), "small": requests(2, 80)}
        self.usd_each = {name: np.full(LENGTH, 0.01) for name in self.requests}
        self.failed = {name: np.round(one * 0.01) for name, one in self.requests.items()}
        self.latency = {name: np.full(LENGTH, 900.0) for name in self.requests}

    def watched(self, begin: int = 0, end: int = LENGTH) -> list[Watched]:
        found = []
        for project in ("", *self.requests):
            names = [project] if project else list(self.requests)
            asked = np.sum([self.requests[name] for name in names], axis=0)
            usd = np.sum([self.requests[name] * self.usd_each[name] for name in names], axis=0)
            failed = np.sum([self.failed[name] for name in names], axis=0)
            waited = np.sum([self.requests[name] * self.latency[name] for name in names], axis=0)
            each = np.where(asked > 0, asked, np.nan)
            columns = {REQUESTS: asked, COST: usd, ERRORS: failed / each, LATENCY: waited / each}
            found += [
                Watched(metric, "project" if project else "", project, values[begin:end], asked[begin:end])
                for metric, values in columns.items()
            ]
        return found


def found_in(tenant: Tenant, new_h: int = 4 * DAY, **rules: float) -> Assessment:
    return assess(tenant.watched(), ZERO, new_h, (), Rules(**rules))  # type: ignore[arg-type]


def only(found: Assessment) -> FoundIncident:
    (incident,) = found.incidents
    return incident


def past(found: Sequence[FoundIncident], feedback: str | None = None) -> list[PastIncident]:
    return [
        PastIncident(
            one.key, one.kind, one.metric, one.dimension, one.value, one.began, one.last, one.ended, one.told,
            one.at_stake_usd, one.metrics, one.detectors, feedback,
        )
        for one in found
    ]  # fmt: skip


def test_nothing_is_found_where_nothing_happened() -> None:
    assert found_in(Tenant()) == Assessment((), ())


def test_a_runaway_project_is_one_incident_of_that_project_since_its_first_hour() -> None:
    tenant = Tenant()
    tenant.requests["big"][START : START + 6] *= 5
    incident = only(found_in(tenant))
    assert (incident.kind, incident.dimension, incident.value) == ("spike", "project", "big")
    assert (incident.began, incident.last) == (ZERO + START, ZERO + START + 5)
    assert incident.told == ZERO + START


def test_its_impact_is_the_money_above_what_was_expected() -> None:
    tenant = Tenant()
    before = float(np.sum(tenant.requests["big"][START : START + 6]))
    tenant.requests["big"][START : START + 6] *= 5
    incident = only(found_in(tenant))
    assert incident.impact_usd == pytest.approx(4 * before * 0.01, rel=0.05)
    assert incident.observed == pytest.approx(5 * before)
    assert incident.expected == pytest.approx(before, rel=0.05)


def test_what_each_project_had_to_do_with_it_is_said() -> None:
    tenant = Tenant()
    tenant.requests["big"][START : START + 6] *= 5
    shares = {one.value: one.share for one in only(found_in(tenant)).shares}
    assert shares["big"] == pytest.approx(1, abs=0.05)
    assert shares["small"] == pytest.approx(0, abs=0.05)


def test_what_moves_all_projects_is_of_the_tenant() -> None:
    tenant = Tenant()
    for one in tenant.requests.values():
        one[START : START + 6] *= 5
    assert only(found_in(tenant)).dimension == ""


def test_a_spike_of_a_small_project_is_found_although_the_tenant_hardly_moved() -> None:
    tenant = Tenant()
    tenant.requests["small"][START : START + 6] *= 4
    assert only(found_in(tenant)).value == "small"


def test_dearer_requests_are_an_incident_of_cost_whatever_the_traffic_does() -> None:
    tenant = Tenant()
    tenant.usd_each["big"][START:] *= 3
    incident = only(found_in(tenant))
    assert (incident.kind, incident.metric, incident.value) == ("cost", COST, "big")
    assert not incident.ended


def test_a_total_gap_is_a_gap_with_the_money_that_stayed_away() -> None:
    tenant = Tenant()
    for one in tenant.requests.values():
        one[START + 12 : START + 18] = 0
    incident = only(found_in(tenant))
    assert (incident.kind, incident.observed, incident.ended) == ("gap", 0, True)
    assert incident.told is not None
    assert incident.told - (ZERO + START + 12) <= 1
    assert incident.at_stake_usd == pytest.approx(6 * 480 * 1.4 * 0.01, rel=0.2)


def test_a_gap_does_not_poison_what_is_expected_after_it() -> None:
    tenant = Tenant()
    for one in tenant.requests.values():
        one[START - 3 * DAY : START - DAY] = 0
    assert found_in(tenant, new_h=LENGTH - START).incidents == ()


def test_one_failed_request_of_three_is_no_burst() -> None:
    tenant = Tenant()
    tenant.requests["small"] = np.full(LENGTH, 3.0)
    tenant.failed["small"] = np.zeros(LENGTH)
    tenant.failed["small"][START + 5] = 1
    assert found_in(tenant).incidents == ()


def test_a_third_failing_is_a_burst_of_errors() -> None:
    tenant = Tenant()
    tenant.failed["big"][START : START + 4] = np.round(tenant.requests["big"][START : START + 4] / 3)
    assert only(found_in(tenant)).kind == "errors"


def test_three_times_slower_is_an_incident_of_latency() -> None:
    tenant = Tenant()
    tenant.latency["big"][START : START + 12] *= 3
    incident = only(found_in(tenant))
    assert incident.kind == "latency"
    assert incident.impact_usd == pytest.approx(0, abs=5)


def test_a_spike_that_fails_is_one_incident_of_both_metrics() -> None:
    tenant = Tenant()
    inside = slice(START, START + 5)
    tenant.requests["big"][inside] *= 6
    tenant.failed["big"][inside] = tenant.requests["big"][inside] / 2
    incident = only(found_in(tenant))
    assert incident.kind == "spike"
    assert {REQUESTS, ERRORS} <= set(incident.metrics)


def test_two_projects_of_one_hour_are_two_incidents_when_the_tenant_did_not_move() -> None:
    tenant = Tenant()
    tenant.requests = {"big": requests(1, 20_000), "one": requests(2, 80), "two": requests(3, 80)}
    tenant.usd_each = {name: np.full(LENGTH, 0.01) for name in tenant.requests}
    tenant.failed = {name: np.zeros(LENGTH) for name in tenant.requests}
    tenant.latency = {name: np.full(LENGTH, 900.0) for name in tenant.requests}
    for name in ("one", "two"):
        tenant.requests[name][START : START + 4] *= 6
    assert {one.value for one in found_in(tenant).incidents} == {"one", "two"}


def test_hours_of_quiet_end_an_incident_and_fewer_belong_to_it() -> None:
    tenant = Tenant()
    for first in (0, 5, 30):
        tenant.requests["big"][START + first] *= 6
    spikes = [(one.began - ZERO - START, one.last - ZERO - START) for one in found_in(tenant).incidents]
    assert spikes == [(0, 5), (30, 30)]


def test_the_same_again_soon_after_is_found_but_not_told() -> None:
    tenant = Tenant()
    for first in (0, 24):
        tenant.requests["big"][START + first : START + first + 1] *= 6
    assert [one.told is None for one in found_in(tenant).incidents] == [False, True]


def test_what_is_below_the_floor_is_not_told() -> None:
    tenant = Tenant()
    tenant.requests["big"][START : START + 6] *= 5
    assert only(found_in(tenant, floor_usd=1e6)).told is None


def test_every_finding_says_what_was_expected() -> None:
    tenant = Tenant()
    tenant.requests["big"][START : START + 6] *= 5
    found = found_in(tenant)
    assert found.findings
    for one in found.findings:
        assert one.low <= one.expected <= one.high
        assert not one.low <= one.observed <= one.high
        assert 0 < one.score < 1
        assert one.incident == found.incidents[0].key


@pytest.mark.parametrize(
    ("times", "word", "found"), [(2, None, 0), (2, "useful", 1), (3, None, 1), (3, "noise", 0)]
)
def test_what_was_called_noise_must_be_odder_and_what_was_useful_less(
    times: int, word: str | None, found: int
) -> None:
    tenant = Tenant()
    tenant.requests["small"][START : START + 3] *= times
    said = [
        PastIncident("k", "spike", REQUESTS, "project", "small", ZERO, ZERO, True, ZERO, 1.0, feedback=word)
    ] * 4
    assert len(assess(tenant.watched(), ZERO, 4 * DAY, said).incidents) == found


def test_a_surge_in_the_fourth_day_of_a_tenant_is_found() -> None:
    tenant = Tenant()
    for one in tenant.requests.values():
        one[: START - 3 * DAY] = 0
        one[START : START + 8] *= 8
    assert only(found_in(tenant, new_h=LENGTH - START)).kind == "spike"


def test_the_first_days_of_a_tenant_are_no_incident() -> None:
    tenant = Tenant()
    for one in tenant.requests.values():
        one[:START] = 0
    assert found_in(tenant, new_h=LENGTH - START).incidents == ()


def test_clocks_that_change_are_no_incident() -> None:
    tenant = Tenant()
    for name, one in tenant.requests.items():
        tenant.requests[name] = np.concatenate([one[: START + 1], one[START : LENGTH - 1]])
    assert found_in(tenant).incidents == ()


def test_quiet_weekends_are_no_incident() -> None:
    tenant = Tenant()
    for one in tenant.requests.values():
        one.reshape(-1, DAY)[[day for day in range(LENGTH // DAY) if day % 7 > 4]] *= 0.2
    assert found_in(tenant, new_h=14 * DAY).incidents == ()


def test_a_level_that_lasts_longer_than_a_week_becomes_what_is_expected() -> None:
    tenant = Tenant()
    tenant.usd_each["big"][START - 10 * DAY :] *= 3
    ends = [one.last - ZERO for one in found_in(tenant, new_h=14 * DAY).incidents]
    assert len(ends) == 1
    assert ends[0] < START


def test_one_project_first_and_then_all_is_of_the_tenant_in_the_end() -> None:
    tenant = Tenant()
    tenant.requests["small"] = requests(2)
    tenant.requests["big"][START : START + 2] *= 5
    for one in tenant.requests.values():
        one[START + 2 : START + 9] *= 5
    assert only(found_in(tenant)).dimension == ""


def test_late_events_that_show_an_earlier_begin_make_no_second_incident() -> None:
    tenant = Tenant()
    tenant.requests["big"][START + 2 : START + 6] *= 5
    before = only(found_in(tenant))
    tenant.requests["big"][START : START + 2] *= 5
    after = assess(tenant.watched(), ZERO, 4 * DAY, past([before])).incidents
    assert [(one.key, one.began - ZERO) for one in after] == [(before.key, START)]


def troubled(seed: int) -> Tenant:
    """A few things at random hours."""
    random, tenant = np.random.default_rng(seed), Tenant()
    for _ in range(3):
        first = START + int(random.integers(0, 60))
        inside = slice(first, first + int(random.integers(1, 14)))
        name = str(random.choice(["big", "small"]))
        columns = [tenant.requests, tenant.usd_each, tenant.latency, tenant.failed]
        columns[int(random.integers(4))][name][inside] *= float(random.choice([0, 4, 30]))
    return tenant


def by_the_hour(tenant: Tenant, first: int) -> tuple[list[object], dict[str, FoundIncident]]:
    """As a job does it: an hour each, with as much history as the rules want, and what was found before."""
    findings: list[object] = []
    known: dict[str, FoundIncident] = {}
    for end in range(first + 1, LENGTH + 1):
        begin = end - 1 - Rules().history_h
        found = assess(tenant.watched(begin, end), ZERO + begin, 1, past(list(known.values())))
        findings += found.findings
        known |= {one.key: one for one in found.incidents}
    return findings, known


@pytest.mark.parametrize("seed", range(3))
def test_hour_by_hour_says_the_same_as_all_at_once(seed: int) -> None:
    tenant = troubled(seed)
    findings, known = by_the_hour(tenant, START - 1)
    at_once = assess(tenant.watched(), ZERO, LENGTH - START + 1)
    assert [repr(one) for one in at_once.findings] == [repr(one) for one in findings]
    assert [_said(one) for one in at_once.incidents] == [_said(one) for one in known.values()]


def _said(one: FoundIncident) -> str:
    """Sums are added up in another order."""
    rounded = {
        "observed": f"{one.observed:.6g}",
        "expected": f"{one.expected:.6g}",
        "shares": "",
        "state": "",
    }
    stake = {"impact_usd": f"{one.impact_usd or 0:.4f}", "at_stake_usd": f"{one.at_stake_usd:.4f}"}
    return repr(replace(one, **rounded, **stake))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
def test_a_second_run_changes_nothing(seed: int) -> None:
    watched = troubled(seed).watched()
    first = assess(watched, ZERO, LENGTH - START)
    again = assess(watched, ZERO, LENGTH - START, past(first.incidents))
    assert [repr(one) for one in again.findings] == [repr(one) for one in first.findings]
    assert [_said(one) for one in again.incidents] == [_said(one) for one in first.incidents]


VALUES = st.lists(
    st.one_of(st.floats(-1e18, 1e18), st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1e18, 1e308])),
    min_size=0,
    max_size=90,
)


@settings(max_examples=60)
@given(values=VALUES, weights=VALUES, new_h=st.integers(0, 100))
def test_any_values_are_assessed(values: list[float], weights: list[float], new_h: int) -> None:
    length = min(len(values), len(weights))
    one, other = (np.array(each[:length], dtype=np.float64) for each in (values, weights))
    watched = [Watched(metric, "", "", one, other) for metric in METRICS]
    watched += [Watched(metric, "model", "m", other, one) for metric in METRICS]
    for incident in assess(watched, ZERO, new_h).incidents:
        assert incident.began <= incident.last < ZERO + length


@pytest.mark.parametrize("value", [0.0, 1.0, 1e18, math.nan])
def test_a_constant_tenant_has_no_incidents(value: float) -> None:
    watched = [Watched(metric, "", "", np.full(LENGTH, value)) for metric in METRICS]
    assert assess(watched, ZERO, 14 * DAY).incidents == ()


def test_a_tenant_without_series_has_none() -> None:
    assert assess([], ZERO, 1) == Assessment((), ())


def test_an_unknown_metric_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no metric"):
        assess([Watched("colour", "", "", np.ones(3))], ZERO, 1)


def test_series_of_other_hours_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="the same hours"):
        assess([Watched(REQUESTS, "", "", np.ones(3)), Watched(TOKENS, "", "", np.ones(4))], ZERO, 1)
