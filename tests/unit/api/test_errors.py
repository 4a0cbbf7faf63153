"""Every way that a request can fail has the same body, and none tells how we are built."""

from datetime import timedelta

import pytest
from fastapi import Depends

from analytics_hub.api.access import open_to_all
from analytics_hub.api.errors import STATUSES, TITLES, problem_of
from analytics_hub.api.rest.wire import ProblemBody
from analytics_hub.domain import errors
from analytics_hub.query.memory import Delta
from analytics_hub.settings import ApiSettings
from tests.support.api_world import NOW, World
from tests.support.http import Answer, request

DOMAIN_ERRORS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HubError)
]


def the_problem(answer: Answer, status: int, code: str, field: str = "") -> ProblemBody:
    """The body of a failure, held against the shape that all failures share."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = ProblemBody.model_validate(answer.body)
    assert (answer.status, body.status, body.code, body.field) == (status, status, code, field)
    assert body.type == f"urn:llm-analytics-hub:problem:{code}"
    assert body.request_id == answer.headers["x-request-id"]
    assert b"Traceback" not in answer.content
    return body


@pytest.mark.parametrize("kind", [kind for kind in DOMAIN_ERRORS if kind is not errors.HubError])
def test_every_kind_of_error_has_a_status_and_a_title(kind: type[errors.HubError]) -> None:
    assert STATUSES[kind] in TITLES


@pytest.mark.parametrize("kind", [errors.TryLater, errors.RateLimited])
@pytest.mark.parametrize(("wait_s", "told"), [(0.0, "1"), (1.0, "1"), (1.2, "2"), (9.4, "10")])
def test_who_is_to_come_again_is_told_when_and_never_too_early(
    kind: type[errors.TryLater], wait_s: float, told: str
) -> None:
    assert problem_of(kind("busy", "Busy.", retry_after_s=wait_s), "").headers["retry-after"] == told


def test_an_unknown_path_is_a_problem() -> None:
    the_problem(World().get("/v2/nothing"), 404, "no_such_path")


def test_a_wrong_method_is_a_problem_that_names_the_right_one() -> None:
    answer = World().get("/v1/usage", method="DELETE")
    the_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_parameter_of_the_wrong_type_is_a_problem() -> None:
    world = World()
    the_problem(world.get("/v1/usage", world.query_key, {"limit": "many"}), 422, "bad_parameter", "limit")


def test_an_endless_query_string_is_a_problem() -> None:
    world = World()
    the_problem(world.get("/v1/usage", world.query_key, {"metrics": "x" * 20_000}), 414, "query_too_long")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "no_key"),
        ("hub_nonsense", "bad_key"),
        ("hub_" + "a" * 12 + "_" + "a" * 52 + "_00000000", "bad_key"),
    ],
)
def test_without_a_good_key_the_caller_is_told_to_say_who_they_are(key: str | None, code: str) -> None:
    answer = World().get("/v1/usage", key)
    the_problem(answer, 401, code)
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_without_the_scope_is_not_allowed() -> None:
    world = World()
    for path in ("/v1/usage", "/v1/ledger"):
        answer = world.get(path, world.ingest_key)
        the_problem(answer, 403, "scope_missing")
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ({"group-by": "model"}, "unknown_parameter", "group-by"),
        ({"metrics": "event"}, "unknown_metric", "metrics"),
        ({"group_by": "user"}, "unknown_dimension", "group_by"),
        ({"filter.modell": "x"}, "unknown_dimension", "filter"),
        ({"filter.tag.squad": "x"}, "undeclared_tag", "filter"),
        ({"interval": "2h"}, "unknown_interval", "interval"),
        ({"tz": "Mars/Base"}, "unknown_zone", "tz"),
        ({"from": "yesterday"}, "bad_moment", "from"),
        ({"from": "2026-11-01T00:00:30Z"}, "not_on_minute", "from"),
        ({"from": "now", "to": "-1h"}, "empty_range", "to"),
        ({"from": "-300d", "interval": "1m"}, "too_many_points", "interval"),
        ({"group_by": "model", "limit": "0"}, "bad_limit", "limit"),
        ({"order": "-latency_p95_ms"}, "not_orderable", "order"),
        ({"metrics": "distinct_users", "from": "-90d", "interval": "1h"}, "range_too_long", "from"),
        ({"compare": "next"}, "unknown_comparison", "compare"),
        ({"group_by": "model", "top": "1", "limit": "1"}, "given_twice", "limit"),
        ({"fill": "perhaps"}, "bad_parameter", "fill"),
    ],
)
def test_a_question_that_breaks_a_rule_is_told_which_and_where(
    params: dict[str, str], code: str, field: str
) -> None:
    world = World()
    the_problem(world.get("/v1/usage", world.query_key, params), 422, code, field)


def test_a_parameter_given_twice_is_refused() -> None:
    world = World()
    answer = request(
        world.app, "/v1/usage", key=world.query_key, params=[("tz", "UTC"), ("tz", "Europe/Berlin")]
    )
    the_problem(answer, 422, "given_twice", "tz")


def test_an_answer_past_its_bound_is_refused() -> None:
    world = World(settings=ApiSettings(response_bytes_max=4096))
    for minute in range(100):
        world.usage.add(Delta(NOW - timedelta(minutes=minute), {}, {"events": 1}))
    the_problem(world.get("/v1/usage", world.query_key, {"interval": "1m"}), 422, "answer_too_long")


def test_a_database_that_is_away_asks_to_come_back() -> None:
    answer = World(ready=False).get("/readyz")
    the_problem(answer, 503, "database_unavailable")
    assert answer.headers["retry-after"] == "5"


def test_the_unforeseen_is_logged_and_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()

    async def broken() -> None:
        raise RuntimeError("a secret detail")

    world.app.add_api_route("/broken", broken, dependencies=[Depends(open_to_all)])
    body = the_problem(world.get("/broken"), 500, "broken")
    assert "secret" not in body.model_dump_json()
    assert "a secret detail" in capsys.readouterr().out
