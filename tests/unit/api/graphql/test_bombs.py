"""Documents that are meant to hurt are refused before anything is asked."""

from collections import Counter

import orjson
import pytest
from graphql import get_introspection_query, parse

from analytics_hub.api.graphql.document import read_document
from analytics_hub.api.graphql.limits import check_limits
from analytics_hub.api.graphql.schema import SCHEMA
from analytics_hub.domain.errors import TooMuch
from analytics_hub.settings import GraphqlSettings
from tests.support.api_world import World
from tests.support.graphql import BOMBS, QUESTION, WRONG, aliases, doubling, nested, post

LIMITS = GraphqlSettings.model_construct()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_whole_and_nothing_was_asked(name: str, asked: Counter[str]) -> None:
    document, code = BOMBS[name]
    world = World()
    answer = post(world.app, world.query_key, document)
    assert (answer.body["code"], answer.headers["content-type"]) == (code, "application/problem+json")
    assert answer.status in {413, 422}
    assert not asked


@pytest.mark.parametrize("name", WRONG)
def test_what_graphql_forbids_is_told_in_errors_and_nothing_was_asked(name: str, asked: Counter[str]) -> None:
    document, code = WRONG[name]
    world = World()
    for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
        answer = post(world.app, world.query_key, document, accept=accept)
        assert (answer.status, answer.headers["content-type"]) == (status, accept)
        assert {error["extensions"]["code"] for error in answer.body["errors"]} == {code}
        assert "data" not in answer.body
    assert not asked


def test_a_harmless_document_is_asked_once(asked: Counter[str]) -> None:
    world = World()
    answer = post(world.app, world.query_key, f"{{ a: {QUESTION} }}")
    assert (answer.body["data"], asked) == ({"a": {"total": {"events": 10}}}, {"a": 1})


def test_a_batch_is_refused(asked: Counter[str]) -> None:
    world = World()
    batch = orjson.dumps([{"query": f"{{ {QUESTION} }}"}] * 1_000)
    answer = post(world.app, world.query_key, "", content=batch)
    assert (answer.status, answer.body["code"]) == (422, "no_batches")
    assert not asked


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"a": "x" * 40_000}, "variables_too_large"),
        ({"a": [[[[[[[[[]]]]]]]]]}, "variables_too_deep"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {}}}}}}}}}, "variables_too_deep"),
        ({"a": "x" * 300_000}, "body_too_large"),
    ],
)
def test_variables_have_bounds(variables: dict[str, object], code: str, asked: Counter[str]) -> None:
    world = World()
    answer = post(world.app, world.query_key, f"{{ {QUESTION} }}", variables)
    assert answer.body["code"] == code
    assert not asked


@pytest.mark.parametrize(
    "content",
    [
        b'{"query": "{ usage { freshUntil } }", "variables": {"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
        b'{"query": "{ usage { freshUntil } }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
        b'{"query": "{ usage { freshUntil } }", "variables": {"a": NaN',
        b'{"query": 1}',
        b"{}",
        b"",
        b"\xff",
    ],
)
def test_what_is_no_request_is_refused(content: bytes, asked: Counter[str]) -> None:
    world = World()
    answer = post(world.app, world.query_key, "", content=content)
    assert (answer.status, answer.body["code"]) == (422, "bad_body")
    assert not asked


def test_a_number_that_json_here_cannot_write_is_no_variable(asked: Counter[str]) -> None:
    world = World()
    content = orjson.dumps({"query": f"{{ {QUESTION} }}"})[:-1] + b',"variables":{"a":' + b"9" * 60 + b"}}"
    answer = post(world.app, world.query_key, "", content=content)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, "bad_variables", "variables")
    assert not asked


@pytest.mark.parametrize("spreads", [10, 100, 1_000])
def test_spreads_of_spreads_are_weighed_once_each(spreads: int) -> None:
    """Written out they are 2^spreads fields; this returns."""
    generous = LIMITS.model_copy(update={"definitions_max": 5_000})
    with pytest.raises(TooMuch, match="too_many_selections"):
        check_limits(parse(doubling(spreads)), generous)


def test_the_schema_may_be_asked_for_as_the_usual_tools_do() -> None:
    read_document(get_introspection_query(), SCHEMA, LIMITS)


def test_what_stands_at_a_bound_is_let_through() -> None:
    read_document(aliases(10), SCHEMA, LIMITS)
    check_limits(parse(aliases(60)), LIMITS)
    check_limits(parse(nested(12)), LIMITS)
    with pytest.raises(TooMuch, match="too_deep"):
        check_limits(parse(nested(13)), LIMITS)


def test_a_document_that_was_read_is_not_read_again_and_a_refused_one_is_not_kept() -> None:
    once = f"{{ kept: {QUESTION} }}"
    assert read_document(once, SCHEMA, LIMITS) is read_document(once, SCHEMA, LIMITS)
    strict = LIMITS.model_copy(update={"aliases_max": 0})
    for _ in range(2):
        with pytest.raises(TooMuch, match="too_many_aliases"):
            read_document(once, SCHEMA, strict)
