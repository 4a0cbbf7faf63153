"""GraphiQL: off unless it is asked for, and careful when it is."""

import re

from analytics_hub.api.app import create_app
from analytics_hub.settings import ApiSettings, GraphqlSettings
from tests.support.api_world import World
from tests.support.graphql import QUESTION, post
from tests.support.http import Answer, request


def page(*, graphiql: bool) -> Answer:
    world = World()
    bounds = GraphqlSettings.model_construct(graphiql=graphiql)
    app = create_app(world._open, ApiSettings.model_construct(), graphql=bounds, clock=world.clock)
    assert post(app, world.query_key, f"{{ {QUESTION} }}").status == 200
    return request(app, "/graphql", headers={"Accept": "text/html"})


def test_the_page_is_not_there_unless_it_is_asked_for() -> None:
    assert page(graphiql=False).status == 405


def test_the_page_loads_only_what_it_names_by_its_hash() -> None:
    answer = page(graphiql=True)
    text = answer.content.decode()
    foreign = re.findall(r"<(?:script|link)[^>]*https://[^>]*>", text)
    assert len(foreign) >= 5
    assert all("integrity=" in tag and "https://unpkg.com/" in tag for tag in foreign)
    assert "connect-src 'self'" in answer.headers["content-security-policy"]


def test_the_page_forgets_the_key_that_was_typed() -> None:
    assert b"shouldPersistHeaders: false" in page(graphiql=True).content
