"""Live usage as a subscription: an event stream with an answer for each message."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest

from analytics_hub.api.graphql.live import LiveKind, message_body
from analytics_hub.domain.live import EndReason, LiveEnd
from analytics_hub.query.memory import Delta
from tests.support.api_world import NOW, World
from tests.support.asgi_stream import Events, streamed
from tests.support.findings import AT, incident, incident_id
from tests.support.graphql import METRICS_ALL, post

DOCUMENT = """
    subscription ($top: Int) {
      now: liveUsage(groupBy: ["model"], top: $top) {
        kind reason
        window { from to total { costUsd } series { group { value } other points { start values { events } } } }
      }
    }
"""
CONTENT = orjson.dumps({"query": DOCUMENT, "variables": {"top": 2}})


def commit(world: World, events: int) -> None:
    world.usage.add(Delta(NOW - timedelta(minutes=1), {"model": "gpt-4o"}, {"events": events}))
    world.freshness.flushed(world.tenant_id)
    world.changes.changed(world.tenant_id)


async def told(events: Events) -> Any:
    name, data = await events.next()
    assert (name, set(data)) == ("next", {"data"})
    return data["data"]["now"]


def counts(message: Any) -> dict[str, int]:
    return {
        series["group"][0]["value"]: point["values"]["events"]
        for series in message["window"]["series"]
        for point in series["points"]
    }


def test_a_subscription_is_a_snapshot_then_changes_then_an_end() -> None:
    world = World()

    async def main() -> None:
        async with streamed(world.app, "/graphql", world.query_key, CONTENT) as events:
            assert await events.start() == (200, "text/event-stream; charset=utf-8")
            first = await told(events)
            assert (first["kind"], counts(first)) == ("SNAPSHOT", {})
            commit(world, 3)
            change = await told(events)
            assert (change["kind"], counts(change)) == ("CHANGE", {"gpt-4o": 3})
            assert change["window"]["to"] == "2026-11-05T12:31:00Z"
            world.app.state.services.live.stop()
            end = await told(events)
            assert (end["kind"], end["reason"], end["window"]) == ("END", "stopping", None)
            assert await events.next() == ("complete", None)

    asyncio.run(main())
    assert world.changes.followers(world.tenant_id) == 0


@pytest.mark.parametrize(
    ("field", "code", "where"),
    [
        (
            'liveUsage(minutes: 60, groupBy: ["model"]) { window { series { points { values { '
            + METRICS_ALL
            + " } } } } }",
            "too_many_live_values",
            "query",
        ),
        ("liveUsage(minutes: 0) { kind }", "bad_minutes", "minutes"),
        ("liveUsage(top: 1000) { kind }", "bad_limit", "top"),
        ('liveUsage(groupBy: ["modl"]) { kind }', "unknown_dimension", "group_by"),
    ],
)
def test_a_question_that_cannot_be_watched_is_refused_whole(field: str, code: str, where: str) -> None:
    world = World()
    answer = post(world.app, world.query_key, f"subscription {{ {field} }}", accept="text/event-stream")
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, where)


def test_who_takes_no_event_stream_cannot_watch() -> None:
    world = World()
    answer = post(world.app, world.query_key, "subscription { liveUsage { kind } }")
    assert (answer.status, answer.body["code"]) == (406, "not_acceptable")


def test_who_may_not_look_cannot_watch() -> None:
    world = World()
    answer = post(
        world.app, world.ingest_key, "subscription { liveUsage { kind } }", accept="text/event-stream"
    )
    assert (answer.status, answer.body["code"]) == (403, "scope_missing")


def test_a_wrong_document_opens_no_stream() -> None:
    world = World()
    for document in (
        "subscription { money }",
        "subscription { a: liveUsage { kind } b: liveUsage { kind } }",
    ):
        answer = post(world.app, world.query_key, document, accept="text/event-stream")
        assert (answer.status, answer.headers["content-type"]) == (400, "application/graphql-response+json")
        assert answer.body["errors"][0]["extensions"]["code"] == "invalid_document"


def test_a_question_may_be_answered_by_an_event_stream_too() -> None:
    world = World()
    answer = post(world.app, world.query_key, "{ viewer { tenant } }", accept="text/event-stream")
    assert answer.content == (
        b'event: next\ndata: {"data":{"viewer":{"tenant":"acme"}}}\n\nevent: complete\ndata:\n\n'
    )


@pytest.mark.parametrize("reason", EndReason)
def test_every_end_says_why(reason: EndReason) -> None:
    body = message_body(LiveEnd(reason, "for people"))
    assert body == {"kind": LiveKind.END, "window": None, "reason": reason.value, "detail": "for people"}


def test_a_message_that_is_too_long_is_an_error_of_its_own() -> None:
    world = World()
    world.app.state.response_bytes_max = 10

    async def main() -> None:
        async with streamed(world.app, "/graphql", world.query_key, CONTENT) as events:
            await events.start()
            name, data = await events.next()
            assert (name, data["errors"][0]["extensions"]["code"]) == ("next", "answer_too_long")

    asyncio.run(main())


INCIDENTS = """
    subscription ($seen: String) { liveIncidents(seen: $seen) {
      kind state reason incidents { id feedback } changes { change incident { id state feedback } } } }
"""


def test_incidents_are_watched_too_and_go_on_from_a_state() -> None:
    world = World()
    world.clock.advance(AT + timedelta(hours=2) - NOW)
    world.findings.put_incidents(world.tenant_id, [incident(1)])

    async def main() -> None:
        content = orjson.dumps({"query": INCIDENTS})
        async with streamed(world.app, "/graphql", world.query_key, content) as events:
            await events.start()
            first = (await events.next())[1]["data"]["liveIncidents"]
            assert first["incidents"] == [{"id": str(incident_id(1)), "feedback": None}]
            assert (first["kind"], first["changes"]) == ("SNAPSHOT", [])
        content = orjson.dumps({"query": INCIDENTS, "variables": {"seen": first["state"]}})
        async with streamed(world.app, "/graphql", world.query_key, content) as events:
            await events.start()
            world.findings.put_incidents(world.tenant_id, [incident(1, ended=True)])
            change = (await events.next())[1]["data"]["liveIncidents"]
            ended = {"id": str(incident_id(1)), "state": "ENDED", "feedback": None}
            assert change["changes"] == [{"change": "ENDED", "incident": ended}]
            world.services.live.stop()
            end = (await events.next())[1]["data"]["liveIncidents"]
            assert (end["kind"], end["reason"], end["incidents"]) == ("END", "stopping", [])

    asyncio.run(main())
