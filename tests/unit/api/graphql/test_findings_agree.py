"""Forecasts, anomalies and incidents are the same here and in REST; what people say of incidents arrives by either."""

from typing import Any

import pytest

from analytics_hub.api.graphql.asking import RIGHT
from analytics_hub.api.graphql.schema import SCHEMA
from analytics_hub.domain.access import Right
from analytics_hub.domain.metrics import METRICS
from tests.support.api_world import World
from tests.support.findings import incident_id
from tests.support.graphql import post
from tests.support.graphql_rest import camel, rest_body
from tests.unit.api.test_accuracy import world as accuracy_world
from tests.unit.api.test_forecasts import world as forecast_world
from tests.unit.api.test_incidents import SINCE
from tests.unit.api.test_incidents import world as incident_world

NAMES = {camel(name): name for name in METRICS}
NOTE = "{ at actorKind actor }"
INCIDENT = f"""
    id kind state metric group {{ dimension value }} beganAt lastAt foundAt toldAt observed expected impactUsd metrics
    detectors contributions {{ dimension value change share }} acknowledged {NOTE} feedback feedbackNote {NOTE}
"""
ANOMALY = "bucket metric group { dimension value } detector score observed expected low high incidentId"
COVERAGE = """
    coverage { events unpricedEvents partialEvents estimatedEvents eventShare tokens unpricedTokens tokenShare }
"""
FORECASTS = f"""
    query {{ from to interval horizon tz metrics groupBy filters {{ dimension values }} limit }}
    madeAt freshUntil
    {COVERAGE}
    series {{ group {{ dimension value }} other metrics {{
      metric source model history trainedFrom trainedTo madeAt error {{ mase wape fits }}
      points {{ start value low80 high80 low95 high95 }} }} }}
"""
MONTH = f"""
    query {{ from to tz filters {{ dimension values }} }} madeAt freshUntil {COVERAGE} spentUsd expectedUsd
    low80Usd high80Usd low95Usd high95Usd model history trainedFrom error {{ mase wape fits }}
"""
ACCURACY = """
    query { from to weeks }
    accuracies { week metric interval buckets wape naiveWape coverage80 coverage95 madeAt }
"""
_COVERAGES = {f"coverage{level}": f"coverage_{level}" for level in (80, 95)}
_MONTH_NAMES = {f"{edge}{level}Usd": f"{edge}_{level}_usd" for edge in ("low", "high") for level in (80, 95)}
_BOUNDS = {f"{edge}{level}": f"{edge}_{level}" for edge in ("low", "high") for level in (80, 95)}


def asked(world: World, document: str, key: str | None = None) -> Any:
    answer = post(world.app, key or world.query_key, document)
    assert answer.status == 200, answer.content
    return answer.body


def in_rest(found: Any) -> Any:
    """Names of enumerations are their values in capitals."""
    body = rest_body(found, NAMES | _BOUNDS)
    for one in body if isinstance(body, list) else [body]:
        for name in {"kind", "state", "feedback"} & set(one):
            one[name] = one[name] and one[name].lower()
    return body


@pytest.mark.parametrize(
    ("params", "arguments"),
    [
        ({"horizon": "3"}, "horizon: 3"),
        (
            {"interval": "1h", "tz": "Asia/Kolkata", "metrics": "events,error_rate", "horizon": "2"},
            'interval: HOUR, tz: "Asia/Kolkata", metrics: ["events", "error_rate"], horizon: 2',
        ),
        (
            {"group_by": "model", "top": "1", "horizon": "2", "filter.model": "a"},
            'groupBy: ["model"], top: 1, horizon: 2, filters: [{dimension: "model", values: ["a"]}]',
        ),
    ],
)
def test_forecasts_are_those_of_rest(params: dict[str, str], arguments: str) -> None:
    world = forecast_world()
    rest = world.get("/v1/forecasts", world.query_key, params)
    assert rest.status == 200, rest.content
    found = asked(world, f"{{ forecasts({arguments}) {{ {FORECASTS} }} }}")["data"]["forecasts"]
    assert in_rest(found) == rest.body


def test_a_months_end_is_that_of_rest() -> None:
    world = forecast_world()
    rest = world.get("/v1/forecasts/month", world.query_key, {"tz": "Asia/Kolkata", "filter.model": "a"})
    given = 'tz: "Asia/Kolkata", filters: [{dimension: "model", values: ["a"]}]'
    found = asked(world, f"{{ monthEnd({given}) {{ {MONTH} }} }}")["data"]["monthEnd"]
    assert rest_body(found, _MONTH_NAMES) == rest.body


def test_what_forecasts_were_worth_is_that_of_rest() -> None:
    world = accuracy_world()
    rest = world.get("/v1/forecasts/accuracy", world.query_key, {"weeks": "2"})
    found = asked(world, f"{{ forecastAccuracy(weeks: 2) {{ {ACCURACY} }} }}")["data"]["forecastAccuracy"]
    assert len(rest.body["accuracies"]) == 2
    assert rest_body(found, _COVERAGES) == rest.body


def test_incidents_and_anomalies_are_those_of_rest() -> None:
    world = incident_world()
    span = f'from: "{SINCE["from"]}", to: "{SINCE["to"]}"'
    found = asked(
        world,
        f"""{{ incidents({span}) {{ nodes {{ {INCIDENT} }} }}
            gaps: incidents({span}, kind: [GAP], open: true) {{ nodes {{ id }} }}
            moved: incidents({span}, metric: ["cost_usd"]) {{ nodes {{ id }} }}
            one: incident(id: "{incident_id(1)}") {{ {INCIDENT} }} anomalies({span}) {{ nodes {{ {ANOMALY} }} }} }}""",
    )["data"]
    rest = world.get("/v1/incidents", world.query_key, SINCE).body["incidents"]
    assert in_rest(found["incidents"]["nodes"]) == rest
    assert in_rest(found["one"]) == rest[1]
    assert found["gaps"]["nodes"] == [{"id": str(incident_id(2))}]
    assert found["moved"]["nodes"] == [{"id": str(incident_id(1))}]
    assert (
        in_rest(found["anomalies"]["nodes"])
        == world.get("/v1/anomalies", world.query_key, SINCE).body["anomalies"]
    )


def test_pages_of_incidents_follow_each_other_by_the_cursors_of_rest() -> None:
    world = incident_world()
    span = f'from: "{SINCE["from"]}", to: "{SINCE["to"]}", first: 1'
    first = asked(world, f"{{ incidents({span}) {{ nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }}")
    info = first["data"]["incidents"]["pageInfo"]
    assert info["hasNextPage"]
    assert (
        info["endCursor"] == world.get("/v1/incidents", world.query_key, {**SINCE, "limit": "1"}).body["next"]
    )
    rest = asked(
        world,
        f'{{ incidents({span}, after: "{info["endCursor"]}") {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}',
    )
    assert rest["data"]["incidents"] == {
        "nodes": [{"id": str(incident_id(1))}],
        "pageInfo": {"hasNextPage": False},
    }


def test_mutations_are_what_rest_does_and_go_in_the_order_of_the_document() -> None:
    world = incident_world()
    one = f'id: "{incident_id(1)}"'
    found = asked(
        world,
        f"""mutation {{ acknowledgeIncident({one}) {{ acknowledged {NOTE} }}
            first: giveIncidentFeedback({one}, feedback: USEFUL) {{ feedback }}
            last: giveIncidentFeedback({one}, feedback: NOISE) {{ feedback }} }}""",
    )["data"]
    assert (found["first"]["feedback"], found["last"]["feedback"]) == ("USEFUL", "NOISE")
    rest = world.get(f"/v1/incidents/{incident_id(1)}", world.query_key).body
    assert rest["feedback"] == "noise"
    assert in_rest(found["acknowledgeIncident"]["acknowledged"]) == rest["acknowledged"]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        (f'acknowledgeIncident(id: "{incident_id(3)}") {{ id }}', "no_such_incident"),
        (f'acknowledgeIncident(id: "{incident_id(99)}") {{ id }}', "no_such_incident"),
        ('acknowledgeIncident(id: "1") { id }', "bad_parameter"),
    ],
    ids=["of another tenant", "of nobody", "no id at all"],
)
def test_an_incident_that_is_not_the_tenants_cannot_be_answered(field: str, code: str) -> None:
    found = asked(incident_world(), f"mutation {{ {field} }}")
    assert found["data"] == {"acknowledgeIncident": None}
    assert found["errors"][0]["extensions"]["code"] == code


def test_who_may_only_view_cannot_answer() -> None:
    world = incident_world()
    found = post(world.app, world.ingest_key, 'mutation { acknowledgeIncident(id: "1") { id } }')
    assert (found.status, found.body["code"]) == (403, "scope_missing")


def test_every_answer_to_an_incident_asks_for_the_right_to_query() -> None:
    assert SCHEMA.mutation_type is not None
    fields = SCHEMA.mutation_type.fields.values()
    assert {field.extensions["strawberry-definition"].metadata[RIGHT] for field in fields} == {Right.QUERY}
