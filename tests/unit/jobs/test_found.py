"""From what the models found to the values of the domain and back."""

from dataclasses import replace

import numpy as np

from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.found import found_of, incident_number, past_of
from analytics_hub.jobs.watching import hour_number
from models.incidents.ports import Assessment, Finding, FoundIncident, Share
from tests.support.findings import AT, HOUR, incident

TENANT = TenantId(1)
BEGAN = hour_number(AT)


def found(key: str = "new", **changed: object) -> FoundIncident:
    made = FoundIncident(
        key, "new", "spike", "requests", "", "", BEGAN, BEGAN + 2, False, BEGAN + 1, 30.0, 10.0, 0.1234567, 5.0,
        ("requests",), ("robust_z",), (Share("project", "p", 20.0, 1.0),),
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def test_the_same_finding_is_the_same_incident_and_that_of_its_tenant() -> None:
    assert incident_number(TENANT, "new", {}) == incident_number(TENANT, "new", {})
    assert incident_number(TENANT, "new", {}) != incident_number(TenantId(2), "new", {})


def test_an_incident_that_goes_on_keeps_its_number() -> None:
    known = incident(7)
    (again,) = found_of(Assessment((), (found(str(known.incident_id)),)), TENANT, [known], AT).incidents
    assert again.incident_id == known.incident_id


def test_hours_and_money_come_back_as_they_were_said() -> None:
    (made,) = found_of(Assessment((), (found(),)), TENANT, [], AT + 9 * HOUR).incidents
    assert (made.began_at, made.last_at, made.told_at) == (AT, AT + 2 * HOUR, AT + 2 * HOUR)
    assert str(made.impact_usd) == "0.123457"
    past = past_of(made)
    assert (past.key, past.began, past.last, past.told) == (
        str(made.incident_id),
        BEGAN,
        BEGAN + 2,
        BEGAN + 1,
    )


def test_what_is_not_a_number_is_left_out() -> None:
    odd = found(
        observed=np.nan, expected=np.inf, impact_usd=np.nan, shares=(Share("project", "p", np.nan, 1.0),)
    )
    finding = Finding("requests", "", "", BEGAN, "gap", 1.0, np.nan, 10.0, 5.0, np.inf, "new")
    assessed = found_of(Assessment((finding,), (odd,)), TENANT, [], AT)
    (made,), (anomaly,) = assessed.incidents, assessed.anomalies
    assert (made.observed, made.expected, made.impact_usd, made.contributions) == (None, None, None, ())
    assert (anomaly.observed, anomaly.high, anomaly.incident_id) == (None, None, made.incident_id)
