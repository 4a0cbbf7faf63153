"""What an answer of GraphQL says: who may ask what, errors beside data, bounds, media types."""

from collections import Counter
from typing import Any

import pytest

from analytics_hub.domain.errors import TryLater
from analytics_hub.query.service import UsageService
from tests.support.api_world import World
from tests.support.graphql import QUESTION, post


def errors(answer: Any) -> dict[str, tuple[str, str]]:
    """Code and field by the path of each error."""
    return {
        ".".join(map(str, error["path"])): (error["extensions"]["code"], error["extensions"]["field"])
        for error in answer.body["errors"]
    }


def test_without_a_key_nothing_is_asked(asked: Counter[str]) -> None:
    world = World()
    for key, status in ((None, 401), (world.ingest_key, 403)):
        answer = post(world.app, key, f"{{ {QUESTION} }}")
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert not asked


def test_the_viewer_is_who_asks() -> None:
    world = World()
    answer = post(world.app, world.query_key, "{ viewer { tenant rights expiresAt } }")
    assert answer.body["data"]["viewer"] == {
        "tenant": "acme",
        "rights": ["VIEW", "QUERY"],
        "expiresAt": None,
    }


def test_one_question_that_fails_spoils_no_other() -> None:
    world = World()
    answer = post(
        world.app,
        world.query_key,
        f'{{ good: {QUESTION} worse: usage(groupBy: ["modl"], from: "-2h") {{ freshUntil }} '
        f"bad: users(top: 0) {{ users }} }}",
    )
    assert answer.status == 200
    assert answer.body["data"] == {"good": {"total": {"events": 10}}, "worse": None, "bad": None}
    assert errors(answer) == {"worse": ("unknown_dimension", "group_by"), "bad": ("bad_limit", "top")}
    ids = {error["extensions"]["requestId"] for error in answer.body["errors"]}
    assert ids == {answer.headers["x-request-id"]}


@pytest.mark.parametrize(
    ("field", "code", "where"),
    [
        ('usage(from: "yesterday") { freshUntil }', "bad_moment", "from"),
        ('usage(to: "2026-01-01") { freshUntil }', "empty_range", "to"),
        ('usage(tz: "Mars/Olympus") { freshUntil }', "unknown_zone", "tz"),
        ('usage(order: "-latency_p95_ms") { freshUntil }', "not_orderable", "order"),
        ('usage(order: "-money") { freshUntil }', "unknown_metric", "order"),
        (
            'usage(filters: [{dimension: "model", values: []}]) { freshUntil }',
            "filter_values",
            "filter.model",
        ),
        (
            'usage(filters: [{dimension: "model", values: ["a"]}, {dimension: "model", values: ["b"]}]) '
            "{ freshUntil }",
            "named_twice",
            "filter",
        ),
        ('users(groupBy: ["user"]) { users }', "unknown_dimension", "group_by"),
        ("events(first: 0) { nodes { id } }", "bad_limit", "first"),
        ('events(after: "here") { nodes { id } }', "bad_cursor", "after"),
        ('events(fields: [{dimension: "price", values: ["1"]}]) { nodes { id } }', "unknown_field", "price"),
        ("deadLetters(first: 101) { nodes { id } }", "bad_limit", "first"),
        ('deadLetters(code: ["Bad Code"]) { nodes { id } }', "bad_code", "code"),
        ('dimensions(dimension: "user") { to }', "unknown_dimension", "dimension"),
        ("dimensions(limit: 0) { to }", "bad_limit", "limit"),
        ('ledger(to: "2026-01-01") { total { balanced } }', "empty_range", "to"),
    ],
)
def test_a_refusal_has_the_code_and_the_field_of_rest(field: str, code: str, where: str) -> None:
    world = World()
    answer = post(world.app, world.query_key, f"{{ asked: {field} }}")
    assert answer.body["data"] == {"asked": None}
    assert errors(answer) == {"asked": (code, where)}


def test_what_nobody_foresaw_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(UsageService, "ask", broken)
    world = World()
    answer = post(world.app, world.query_key, f"{{ {QUESTION} viewer {{ tenant }} }}")
    assert answer.body["data"] == {"usage": None, "viewer": {"tenant": "acme"}}
    assert errors(answer) == {"usage": ("broken", "")}
    assert b"hunter2" not in answer.content
    assert b"Traceback" not in answer.content


def test_a_database_that_is_away_is_said_of_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise TryLater("database_unavailable", "The database does not answer.")

    monkeypatch.setattr(UsageService, "ask", away)
    world = World()
    answer = post(world.app, world.query_key, f"{{ {QUESTION} }}")
    assert (answer.status, errors(answer)) == (200, {"usage": ("database_unavailable", "")})


def test_metrics_are_those_that_are_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    document = """
        query ($no: Boolean!) {
          usage(interval: HOUR) {
            query { metrics order }
            series { points { values { costUsd ...more skipped: errors @include(if: $no) } } }
            total { aliased: errorRate costUsd __typename }
          }
        }
        fragment more on Metrics { events unpricedTokens @skip(if: true) }
    """
    answer = post(world.app, world.query_key, document, {"no": False})
    assert answer.body["data"]["usage"]["query"] == {
        "metrics": ["cost_usd", "events", "error_rate"],
        "order": "-cost_usd",
    }


def test_all_questions_of_a_request_have_one_now(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    answer = post(
        world.app, world.query_key, "{ a: usage { query { from to } } b: usage { query { from to } } }"
    )
    assert answer.body["data"]["a"] == answer.body["data"]["b"]
