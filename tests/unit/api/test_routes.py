"""What the routes promise: who may call them, what they say of themselves, what they answer."""

import re

import pytest
from fastapi.routing import APIRoute

from analytics_hub.api.access import Allow, open_to_all
from analytics_hub.api.app import ROUTERS
from analytics_hub.api.rest.usage_example import USAGE_EXAMPLE
from analytics_hub.api.rest.wire import LedgerBody, UsageBody
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.series import DIMENSIONS
from tests.support.api_world import World


def test_every_route_says_who_may_call_it() -> None:
    routes = [route for router in ROUTERS for route in router.routes]
    for route in routes:
        assert isinstance(route, APIRoute)
        calls = [dependency.call for dependency in route.dependant.dependencies]
        assert len([call for call in calls if isinstance(call, Allow) or call is open_to_all]) == 1, (
            route.path
        )
    # Nothing is served besides what was looked at.
    paths = {route.path_format for route in routes if isinstance(route, APIRoute)}
    assert paths == set(World().app.openapi()["paths"])


def test_every_route_that_asks_for_a_right_may_ask_to_wait_and_says_so() -> None:
    operations = [
        operation for path in World().app.openapi()["paths"].values() for operation in path.values()
    ]
    guarded = [operation["responses"] for operation in operations if "security" in operation]
    assert guarded
    for responses in guarded:
        assert {"401", "403", "429", "503"} <= set(responses)
        assert "Retry-After" in responses["429"]["headers"]
        assert "WWW-Authenticate" in responses["401"]["headers"]


def test_the_documentation_names_every_metric_dimension_and_filter() -> None:
    parameters = {
        parameter["name"]: parameter
        for parameter in World().app.openapi()["paths"]["/v1/usage"]["get"]["parameters"]
    }
    assert all(name in parameters["metrics"]["description"] for name in METRICS)
    assert all(name in parameters["group_by"]["description"] for name in DIMENSIONS)
    assert {f"filter.{name}" for name in DIMENSIONS} < set(parameters)
    assert {"from", "to", "interval", "tz", "order", "limit"} < set(parameters)


def test_the_example_of_the_documentation_has_the_shape_of_an_answer() -> None:
    UsageBody.model_validate(USAGE_EXAMPLE)


def test_an_answer_has_its_documented_shape() -> None:
    world = World()
    answer = world.get(
        "/v1/usage", world.query_key, {"interval": "1h", "group_by": "model", "tz": "Asia/Kolkata"}
    )
    body = UsageBody.model_validate(answer.body)
    assert answer.status == 200
    assert answer.body["query"]["from"] == "2026-11-04T18:00:00+05:30"
    assert body.total["events"] == 10
    assert body.total["cost_usd"] == "0.000000000005"
    assert answer.body["series"][0]["points"][0]["start"] == "2026-11-05T17:00:00+05:30"
    assert answer.headers["cache-control"] == "private, no-cache"


def test_metrics_come_by_commas_and_by_repetition() -> None:
    world = World()
    body = world.get("/v1/usage", world.query_key, {"metrics": "events,errors , error_rate"}).body
    assert list(body["total"]) == ["events", "errors", "error_rate"]


def test_the_ledger_says_whether_it_balances() -> None:
    world = World()
    body = LedgerBody.model_validate(world.get("/v1/ledger", world.query_key).body)
    assert body.total.balanced
    assert [hour.received for hour in body.hours] == [3]


def test_a_clients_own_request_id_is_kept_when_it_is_harmless() -> None:
    world = World()
    for sent, kept in (("trace-0123456789", True), ("x" * 65, False), ("<script>", False)):
        headers = {"X-Request-Id": sent}
        answer = world.get("/healthz", headers=headers)
        assert (answer.headers["x-request-id"] == sent) is kept


def test_health_and_metrics_need_no_key_and_name_no_tenant() -> None:
    world = World()
    world.get("/v1/usage", world.query_key)
    assert world.get("/healthz").body == {"status": "ok"}
    assert world.get("/readyz").body == {"status": "ready"}
    text = world.get("/metrics").content.decode()
    assert 'hub_http_requests_total{method="GET",route="/v1/usage",status="200"}' in text
    assert "acme" not in text


def test_the_documentation_page_needs_no_other_host() -> None:
    page = World().get("/docs").content.decode()
    scripts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert "/static-offline-docs/swagger-ui-bundle.js" in scripts
    assert all(World().get(place).status == 200 for place in scripts)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/usage", "/v1/ledger", "/docs"])
def test_every_answer_may_be_asked_for_without_its_body(path: str) -> None:
    world = World()
    whole = world.get(path, world.query_key)
    head = world.get(path, world.query_key, method="HEAD")
    assert (whole.status, head.status, head.content) == (200, 200, b"")
    assert int(head.headers["content-length"]) == len(whole.content)
    assert head.headers.get("etag") == whole.headers.get("etag")


def test_a_probe_learns_without_a_body_that_the_database_is_away() -> None:
    answer = World(ready=False).get("/readyz", method="HEAD")
    assert (answer.status, answer.content) == (503, b"")


def test_asking_without_a_body_where_nothing_can_be_read_is_refused() -> None:
    answer = World().get("/v1/dead-letters/replay", method="HEAD")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
