"""Tags: one names one sequence of bytes, and who holds today's is not answered again."""

from datetime import timedelta

import pytest

from analytics_hub.query.memory import Delta
from tests.support.api_world import NOW, World
from tests.support.http import Answer

RANGE = {"from": "2026-11-05T10:00Z", "to": "2026-11-05T12:00Z"}


def ask(world: World, tag: str = "", path: str = "/v1/usage", accept: str = "", **more: str) -> Answer:
    headers = {"If-None-Match": tag, "Accept": accept}
    sent = {name: text for name, text in headers.items() if text}
    return world.get(path, world.query_key, RANGE | more, headers=sent)


def flush(world: World) -> None:
    """What a commit of one more event shows."""
    world.usage.add(Delta(NOW - timedelta(hours=1), {"model": "gpt-4o"}, {"events": 1}))
    world.freshness.flushed(world.tenant_id)


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/ledger"])
@pytest.mark.parametrize("accept", ["", "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"])
def test_who_holds_the_answer_is_told_that_nothing_changed(path: str, accept: str) -> None:
    world = World()
    first = ask(world, path=path, accept=accept)
    again = ask(world, first.headers["etag"], path, accept)
    assert (again.status, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "private, no-cache"
    assert again.headers["vary"] == "Accept, Authorization"


def test_a_flush_ends_a_tag() -> None:
    world = World()
    first = ask(world)
    flush(world)
    again = ask(world, first.headers["etag"])
    assert (again.status, again.body["total"]["events"]) == (200, 11)
    assert again.headers["etag"] != first.headers["etag"]


def test_the_question_is_not_run_for_who_holds_todays_tag() -> None:
    world = World()
    tag = ask(world).headers["etag"]
    # Nothing of this is flushed: only a question that is run would see it.
    world.usage.add(Delta(NOW - timedelta(hours=1), {}, {"events": 1}))
    assert ask(world, tag).status == 304


def test_other_bytes_have_another_tag_even_at_the_same_version() -> None:
    world = World()
    first = ask(world)
    world.usage.taken_at += timedelta(seconds=1)
    later = ask(world)
    assert first.content != later.content
    assert first.headers["etag"] != later.headers["etag"]
    # Both still stand: nothing was counted in between.
    assert {ask(world, found.headers["etag"]).status for found in (first, later)} == {304}


@pytest.mark.parametrize(
    "more", [{"interval": "1h"}, {"tz": "Asia/Tokyo"}, {"to": "2026-11-05T12:01Z"}, {"accept": "text/csv"}]
)
def test_another_question_or_format_does_not_fit_the_tag(more: dict[str, str]) -> None:
    world = World()
    tag = ask(world).headers["etag"]
    assert ask(world, tag, **more).status == 200


def test_one_of_several_tags_is_enough_and_a_weak_one_counts() -> None:
    world = World()
    tag = ask(world).headers["etag"]
    assert ask(world, f'"other", W/{tag}').status == 304
    assert ask(world, '"other"').status == 200
    assert ask(world, "no tag at all").status == 200


def test_any_tag_at_all_fits_an_answer_that_exists() -> None:
    world = World()
    assert ask(world, "*").status == 304
    assert ask(world, "*", tz="Mars/Base").status == 422
