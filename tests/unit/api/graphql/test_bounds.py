"""The bounds of an answer, and how it travels."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from analytics_hub.api.app import create_app
from analytics_hub.query.service import UsageService
from analytics_hub.settings import ApiSettings, GraphqlSettings
from tests.support.api_world import World
from tests.support.graphql import QUESTION, post


def world_with(**bounds: Any) -> World:
    world = World()
    world.app = create_app(
        world._open,
        ApiSettings.model_construct(),
        graphql=GraphqlSettings.model_construct(**bounds),
        clock=world.clock,
    )
    return world


def test_the_schema_can_be_kept_to_oneself() -> None:
    world = world_with(introspection=False)
    for document in ("{ __schema { queryType { name } } }", '{ __type(name: "Usage") { name } }'):
        answer = post(world.app, world.query_key, document)
        assert answer.body["errors"][0]["extensions"]["code"] == "invalid_document"
    answer = post(world.app, world.query_key, "{ usge { freshUntil } }")
    assert "Did you mean" not in answer.body["errors"][0]["message"]
    assert (
        post(world.app, world.query_key, f"{{ __typename {QUESTION} }}").body["data"]["__typename"] == "Query"
    )


def test_an_answer_has_a_longest_length() -> None:
    world = world_with()
    world.app.state.response_bytes_max = 40
    answer = post(world.app, world.query_key, f"{{ {QUESTION} viewer {{ tenant rights }} }}")
    assert (answer.status, answer.body["code"]) == (422, "answer_too_long")


def test_an_answer_has_a_greatest_number_of_values() -> None:
    world = world_with(values_max=50)
    document = "{ usage(interval: HOUR, fill: true) { series { points { start values { events } } } } }"
    answer = post(world.app, world.query_key, document)
    assert (answer.status, answer.body["code"]) == (422, "answer_too_long")


def test_an_answer_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    async def never(*_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    monkeypatch.setattr(UsageService, "ask", never)
    world = world_with(wait_s=0.05)
    answer = post(world.app, world.query_key, f"{{ {QUESTION} }}")
    assert (answer.status, answer.body["code"], ended) == (503, "too_slow", [True])


def test_questions_are_asked_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, most = 0, 0
    real = UsageService.ask

    async def watched(self: UsageService, query: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        try:
            return await real(self, query)
        finally:
            now -= 1

    monkeypatch.setattr(UsageService, "ask", watched)
    document = "{ " + " ".join(f"a{n}: {QUESTION}" for n in range(8)) + " }"
    for parallel in (1, 3):
        most = 0
        world = world_with(parallel_max=parallel)
        assert post(world.app, world.query_key, document).status == 200
        assert most == parallel


@pytest.mark.parametrize(
    ("accept", "status", "content_type"),
    [
        ("", 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("text/html, application/*", 200, "application/json"),
        ("application/json", 200, "application/json"),
        (
            "application/json;q=0.5, application/graphql-response+json",
            200,
            "application/graphql-response+json",
        ),
        ("text/csv", 406, "application/problem+json"),
    ],
)
def test_an_answer_comes_as_what_the_caller_takes(accept: str, status: int, content_type: str) -> None:
    world = World()
    answer = post(world.app, world.query_key, f"{{ {QUESTION} }}", accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (status, content_type)
    assert status != 200 or answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("content_type", ["application/graphql", "text/plain", "", "multipart/form-data"])
def test_a_request_is_json(content_type: str, asked: Counter[str]) -> None:
    world = World()
    answer = post(world.app, world.query_key, f"{{ {QUESTION} }}", content_type=content_type)
    assert (answer.status, answer.body["code"]) == (415, "unsupported_media_type")
    assert not asked


def test_a_request_is_posted(asked: Counter[str]) -> None:
    world = World()
    answer = world.get("/graphql", world.query_key, {"query": f"{{ {QUESTION} }}"})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert not asked
