"""Pages of lists, as Relay's clients walk through them."""

import asyncio
from datetime import UTC, datetime

import pytest

from analytics_hub.domain.raw_event import EventFilter
from analytics_hub.query.events import EventService
from tests.support.api_world import NOW, World
from tests.support.events import raw_event
from tests.support.graphql import post


def test_pages_follow_each_other_until_the_last() -> None:
    world = World()
    at = [datetime(2026, 11, 5, hour, tzinfo=UTC) for hour in range(7)]
    world.events.events = [raw_event(number, moment) for number, moment in enumerate(at)]
    document = """
        query ($after: String) {
          events(first: 3, after: $after) {
            edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          }
        }
    """
    seen, after, pages = [], None, 0
    while pages < 10:
        page = post(world.app, world.query_key, document, {"after": after}).body["data"]["events"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        info, pages = page["pageInfo"], pages + 1
        assert info["startCursor"] == page["edges"][0]["cursor"]
        assert info["endCursor"] == page["edges"][-1]["cursor"]
        assert info["hasPreviousPage"] is (after is not None)
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]
    assert (seen, pages) == (["6", "5", "4", "3", "2", "1", "0"], 3)


def test_an_edge_is_a_place_to_go_on_from() -> None:
    world = World()
    world.events.events = [raw_event(number, NOW.replace(hour=number)) for number in range(5)]
    document = "query ($a: String) { events(after: $a) { edges { cursor node { id } } } }"
    first = post(world.app, world.query_key, document).body["data"]["events"]["edges"]
    rest = post(world.app, world.query_key, document, {"a": first[1]["cursor"]}).body["data"]["events"][
        "edges"
    ]
    assert [edge["node"]["id"] for edge in rest] == ["2", "1", "0"]


def test_a_page_that_was_searched_in_vain_says_where_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    question = EventFilter(world.tenant_id, NOW.replace(year=2020), NOW)
    page = asyncio.run(
        EventService(world.events, world.clock, page_max=9, scan_days_max=1, scan_s=1).page(question, 3)
    )
    assert not page.events
    assert page.next is not None
    document = (
        '{ events(from: "2020-01-01") { nodes { id } pageInfo { hasNextPage startCursor endCursor } } }'
    )
    found = post(world.app, world.query_key, document).body["data"]["events"]
    assert found["nodes"] == []
    assert found["pageInfo"]["hasNextPage"]
    assert found["pageInfo"]["startCursor"] is None
    assert found["pageInfo"]["endCursor"]
