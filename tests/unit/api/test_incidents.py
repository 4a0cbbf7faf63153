"""Anomalies and incidents over HTTP: shapes, pages, filters, what people say of them, and whose they are."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from analytics_hub.api.rest.finding_wire import AnomaliesBody, IncidentBody, IncidentsBody
from analytics_hub.api.rest.incident_example import INCIDENT_EXAMPLE
from analytics_hub.domain.incident import IncidentKind, Place
from analytics_hub.domain.tenant import TenantId
from models.incidents.ports import METRICS
from tests.support.api_world import NOW, World
from tests.support.asgi_stream import streamed
from tests.support.findings import AT, anomaly, incident, incident_id
from tests.support.http import Answer, request

SINCE = {"from": "2026-03-01", "to": "2026-03-02"}
OTHER = TenantId(77)


def world() -> World:
    """Three anomalies, two incidents, one of which has ended; another tenant has one as well."""
    made = World()
    project = Place("project", "search")
    made.findings.put_anomalies(
        made.tenant_id, [anomaly(), anomaly(metric="cost_usd"), anomaly(1, incident_id=incident_id(2))]
    )
    made.findings.put_incidents(
        made.tenant_id,
        [
            incident(1, place=project, ended=True, metrics=["requests", "cost_usd"]),
            incident(2, 1, kind=IncidentKind.GAP, told=False),
        ],
    )
    made.findings.put_incidents(OTHER, [incident(3)])
    return made


def ids(answer: Answer) -> list[int]:
    assert answer.status == 200, answer.content
    return [UUID(one["id"]).int for one in answer.body["incidents"]]


def post(made: World, path: str, body: object = None, key: str | None = None) -> Answer:
    content = b"" if body is None else orjson.dumps(body)
    return request(made.app, path, method="POST", key=key or made.query_key, content=content)


def test_incidents_come_newest_first_in_their_documented_shape() -> None:
    made = world()
    answer = made.get("/v1/incidents", made.query_key, SINCE)
    IncidentsBody.model_validate(answer.body)
    assert ids(answer) == [2, 1]
    newest, oldest = answer.body["incidents"]
    assert (newest["state"], newest["told_at"], newest["group"]) == ("open", None, {})
    assert (oldest["state"], oldest["group"]) == ("ended", {"project": "search"})
    assert oldest["impact_usd"] == "12.345678"
    assert oldest["contributions"] == [{"dimension": "project", "value": "p", "change": 20.0, "share": 1.0}]


def test_of_hours_scored_late_nobody_was_told_before_it_was_found() -> None:
    made = world()
    late = replace(incident(6, 2), found_at=AT + timedelta(days=2))
    made.findings.put_incidents(made.tenant_id, [late])
    newest, *_, oldest = made.get("/v1/incidents", made.query_key, SINCE).body["incidents"]
    assert newest["told_at"] == newest["found_at"] == "2026-03-03T10:00:00Z"
    assert oldest["told_at"] == "2026-03-01T11:00:00Z"


def test_a_metric_that_nothing_is_found_in_is_refused_with_the_known_ones() -> None:
    made = world()
    answer = made.get("/v1/incidents", made.query_key, {"metric": "cost"})
    assert all(name in answer.body["detail"] for name in METRICS)


def test_the_example_of_the_documentation_has_the_shape_of_an_incident() -> None:
    IncidentBody.model_validate(INCIDENT_EXAMPLE)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "gap"}, [2]),
        ({"open": "true"}, [2]),
        ({"metric": "cost_usd"}, [1]),
        ({"metric": "latency_ms"}, []),
        ({"from": "2026-03-01T10:30Z"}, [2]),
    ],
)
def test_filters_choose_incidents(asked: Mapping[str, str], found: list[int]) -> None:
    made = world()
    assert ids(made.get("/v1/incidents", made.query_key, {**SINCE, **asked})) == found


def test_pages_go_on_where_the_one_before_ended() -> None:
    made = world()
    for path, name in (("/v1/incidents", "incidents"), ("/v1/anomalies", "anomalies")):
        whole = made.get(path, made.query_key, SINCE).body[name]
        paged, asked = [], {**SINCE, "limit": "1"}
        while True:
            page = made.get(path, made.query_key, asked).body
            paged += page[name]
            if page["next"] is None:
                break
            asked["cursor"] = page["next"]
        assert paged == whole
        assert len(whole) >= 2


def test_a_cursor_holds_for_its_list_and_its_filters_alone() -> None:
    made = world()
    cursor = made.get("/v1/incidents", made.query_key, {**SINCE, "limit": "1"}).body["next"]
    for path, more in (("/v1/incidents", {"kind": "gap"}), ("/v1/anomalies", {}), ("/v1/keys", {})):
        key = made.admin_key if path == "/v1/keys" else made.query_key
        asked = {**({} if path == "/v1/keys" else SINCE), **more, "cursor": cursor}
        answer = made.get(path, key, asked)
        assert (answer.status, answer.body["code"]) == (422, "bad_cursor")


def test_anomalies_come_with_the_incident_they_belong_to() -> None:
    made = world()
    answer = made.get("/v1/anomalies", made.query_key, SINCE)
    AnomaliesBody.model_validate(answer.body)
    newest = answer.body["anomalies"][0]
    assert newest["incident_id"] == str(incident_id(2))
    assert (newest["bucket"], newest["observed"], newest["high"]) == ("2026-03-01T11:00:00Z", 30.0, 15.0)
    rows = made.get("/v1/anomalies", made.query_key, SINCE, headers={"Accept": "text/csv"})
    assert rows.content.decode().splitlines()[0].startswith("bucket,metric,dimension,value,detector,score")
    assert len(rows.content.decode().splitlines()) == 4


def test_incidents_come_as_a_table_with_everything_in_it() -> None:
    made = world()
    rows = made.get("/v1/incidents", made.query_key, SINCE, headers={"Accept": "application/x-ndjson"})
    first = orjson.loads(rows.content.splitlines()[1])
    assert (first["dimension"], first["value"], first["metrics"]) == (
        "project",
        "search",
        "requests cost_usd",
    )
    assert orjson.loads(first["contributions"])[0]["share"] == 1.0


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"limit": "0"}, "bad_limit", "limit"),
        ({"limit": "101"}, "bad_limit", "limit"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "empty_range", "to"),
        ({"from": "2010-01-01"}, "range_too_long", "from"),
        ({"metric": "a\0"}, "unknown_metric", "metric"),
        ({"metric": "events"}, "unknown_metric", "metric"),
        ({"cursor": "x"}, "bad_cursor", "cursor"),
        ({"project": "p"}, "unknown_parameter", "project"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/anomalies"])
def test_what_cannot_be_asked_is_refused_by_name(
    path: str, asked: Mapping[str, str], code: str, field: str
) -> None:
    made = world()
    answer = made.get(path, made.query_key, {**SINCE, **asked})
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, field)


def test_the_first_acknowledgement_counts() -> None:
    made = world()
    path = f"/v1/incidents/{incident_id(1)}"
    first = post(made, f"{path}/acknowledge")
    assert (first.status, first.body["acknowledged"]["actor_kind"]) == (200, "key")
    second = post(made, f"{path}/acknowledge", key=made.query_key)
    assert second.body == first.body == made.get(path, made.query_key).body


def test_the_last_word_on_an_incident_counts() -> None:
    made = world()
    path = f"/v1/incidents/{incident_id(1)}"
    for word in ("useful", "noise"):
        answer = post(made, f"{path}/feedback", {"feedback": word})
        assert (answer.status, answer.body["feedback"]) == (200, word)
    assert made.get(path, made.query_key).body["feedback_note"]["at"] == "2026-11-05T12:30:00Z"


@pytest.mark.parametrize("body", [None, {}, {"feedback": "fine"}, {"feedback": "noise", "more": 1}, [], "x"])
def test_a_word_that_is_none_changes_nothing(body: object) -> None:
    made = world()
    path = f"/v1/incidents/{incident_id(1)}"
    answer = post(made, f"{path}/feedback", body)
    assert (answer.status, answer.body["code"]) == (422, "bad_body")
    assert made.get(path, made.query_key).body["feedback"] is None


def test_an_incident_of_another_tenant_is_one_that_nobody_has() -> None:
    made = world()
    for method, tail in (("GET", ""), ("POST", "/acknowledge"), ("POST", "/feedback")):
        bodies = []
        for number in (3, 99):
            answer = request(
                made.app,
                f"/v1/incidents/{incident_id(number)}{tail}",
                method=method,
                key=made.query_key,
                content=b'{"feedback": "noise"}' if tail == "/feedback" else b"",
                headers={"X-Request-Id": "the-same-one"},
            )
            assert answer.status == 404
            bodies.append(answer.body)
        assert bodies[0] == bodies[1]
        assert bodies[0]["code"] == "no_such_incident"


def test_an_id_that_is_none_is_refused() -> None:
    made = world()
    assert made.get("/v1/incidents/1", made.query_key).body["code"] == "bad_parameter"


def test_answering_takes_more_than_looking() -> None:
    made = world()
    for tail in ("/acknowledge", "/feedback"):
        answer = post(made, f"/v1/incidents/{incident_id(1)}{tail}", {"feedback": "noise"}, made.admin_key)
        assert (answer.status, answer.body["code"]) == (403, "scope_missing")


def test_a_stream_of_incidents_is_what_there_is_and_goes_on_from_the_last_id() -> None:
    made = world()
    made.clock.advance(AT + timedelta(hours=2) - NOW)

    async def main() -> None:
        async with streamed(made.app, "/v1/live/incidents", made.query_key) as events:
            assert await events.start() == (200, "text/event-stream; charset=utf-8")
            name, body = await events.next()
            assert name == "snapshot"
            assert IncidentsBody.model_validate({**body, "next": None}).incidents[1].id == str(incident_id(1))
            first = events.last_id
            made.findings.put_incidents(made.tenant_id, [incident(4), incident(5)])
            told = [await events.next(), await events.next()]
            assert [(name, body["change"]) for name, body in told] == [("incident", "new")] * 2
            assert {body["incident"]["id"] for _, body in told} == {str(incident_id(4)), str(incident_id(5))}
            held = events.last_id
            assert held != first
        async with streamed(
            made.app, "/v1/live/incidents", made.query_key, more={"last-event-id": held}
        ) as events:
            await events.start()
            made.findings.put_incidents(made.tenant_id, [incident(4, ended=True)])
            name, body = await events.next()
            assert (name, body["change"], body["incident"]["state"]) == ("incident", "ended", "ended")
            made.services.live.stop()
            assert (await events.next())[1]["reason"] == "stopping"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("headers", "params", "code"),
    [
        ({"Accept": "application/json"}, {}, "not_acceptable"),
        ({}, {"minutes": "5"}, "unknown_parameter"),
    ],
)
def test_a_stream_that_cannot_be_had_is_refused_before_it_begins(
    headers: Mapping[str, str], params: Mapping[str, str], code: str
) -> None:
    made = world()
    answer = made.get("/v1/live/incidents", made.query_key, params, headers=headers)
    assert answer.body["code"] == code
    assert made.get("/v1/live/incidents", made.ingest_key).status == 403
