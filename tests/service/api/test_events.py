"""`GET /v1/events` over HTTP on a real database: pages, exact money, hostile words, the wall between tenants."""

from datetime import timedelta

import pytest
from fastapi import FastAPI

from analytics_hub.api.app import create_app
from analytics_hub.api.rest.events_wire import EventsBody
from analytics_hub.domain.raw_event import EVENT_FIELDS
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import ApiSettings
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.tenancy.issue import issue_key
from tests.support.database import Database
from tests.support.http import Answer, request
from tests.support.ingest import PostgresStored, event, prepared
from tests.support.services import NOW, open_services

DAY = (("from", "2026-11-05"), ("to", "2026-11-06"))
HOSTILE = ["x' OR tenant_id > 0; DROP TABLE hub.usage_events; --", "%s %(tenant_id)s {}", "\u2028\\", "-- \n"]


class Reader:
    """A tenant with events, and a key of it."""

    def __init__(self, db: Database, slug: str = "acme", *lines: bytes, scope: str = "query") -> None:
        self._db = db
        stored = PostgresStored(db, slug)
        self.tenant = stored.tenant_id
        if lines:
            stored.sink.flush(prepared(lines, self.tenant))
        stored.close()
        with db.connect("hub_maint") as connection:
            self.key = issue_key(PostgresKeyBook(connection), TenantId(self.tenant), [scope]).text

    @property
    def app(self) -> FastAPI:
        return create_app(lambda: open_services(self._db.reader_dsn), ApiSettings())

    def get(self, *params: tuple[str, str], key: str | None = None) -> Answer:
        return request(self.app, "/v1/events", key=key or self.key, params=(*DAY, *params))


def test_an_event_is_shown_with_exact_money_and_its_dimensions(db: Database) -> None:
    lines = event(1, user="ann", usage={"input_tokens": 3, "output_tokens": 1})
    answer = Reader(db, "acme", lines).get()
    (one,) = EventsBody.model_validate(answer.body).events
    assert (one.id, one.user, one.dimensions["model"], one.total_tokens) == ("event-1", "ann", "gpt-4o", 4)
    assert one.cost_usd == "0.0000175"
    assert one.cost_lines_usd["input"] == "0.0000075"
    assert (one.latency_ms, one.ttft_ms, one.cost_status) == (6.0, None, "priced")
    assert answer.headers["cache-control"].startswith("private")


def test_pages_follow_the_cursor_to_the_end_while_events_arrive(db: Database) -> None:
    reader = Reader(db, "acme", *(event(number) for number in range(7)))
    seen: list[str] = []
    cursor: tuple[tuple[str, str], ...] = ()
    while True:
        body = EventsBody.model_validate(reader.get(("limit", "3"), *cursor).body)
        seen += [one.id for one in body.events]
        if body.next is None:
            break
        cursor = (("cursor", body.next),)
        later = PostgresStored(db, f"later-{len(seen)}")
        newer = event(100 + len(seen), time=(NOW - timedelta(seconds=1)).isoformat())
        later.sink.flush(prepared([newer], reader.tenant))
        later.close()
    assert seen == [f"event-{number}" for number in range(6, -1, -1)]


def test_a_forged_or_foreign_cursor_is_refused(db: Database) -> None:
    ours = Reader(db, "ours", *(event(number) for number in range(4)))
    theirs = Reader(db, "theirs", *(event(number) for number in range(4)))
    cursor = ours.get(("limit", "2")).body["next"]
    for reader, params in (
        (theirs, [("cursor", cursor)]),
        (ours, [("cursor", cursor), ("filter.model", "o3")]),
        (ours, [("cursor", cursor[:-2] + "AA")]),
        (ours, [("cursor", "A" * 52)]),
        (ours, [("cursor", "")]),
    ):
        answer = reader.get(*params)
        assert (answer.status, answer.body["code"], answer.body["field"]) == (422, "bad_cursor", "cursor")


def test_a_key_sees_its_own_events_only(db: Database) -> None:
    ours, theirs = Reader(db, "ours", event(1)), Reader(db, "theirs", event(2), event(3))
    assert [one["id"] for one in ours.get().body["events"]] == ["event-1"]
    assert len(theirs.get().body["events"]) == 2
    assert ours.get(key=Reader(db, "writes", scope="ingest").key).status == 403


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_word_is_a_value_and_nothing_else(db: Database, hostile: str) -> None:
    reader = Reader(db, "acme", event(1))
    for name in (
        *(f"filter.{one}" for one in DIMENSIONS),
        *(one for one in EVENT_FIELDS if one != "cost_status"),
    ):
        answer = reader.get((name, hostile))
        assert (answer.status, answer.body["events"]) == (200, [])
    assert len(reader.get().body["events"]) == 1


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ([("filter.modell", "o3")], "unknown_dimension", "filter"),
        ([("filter.tag.team", "red")], "undeclared_tag", "filter"),
        ([("modell", "o3")], "unknown_parameter", "modell"),
        ([("user", "a\0b")], "filter_value", "user"),
        ([("filter.model", "x" * 257)], "filter_value", "filter.model"),
        ([("cost_status", "cheap")], "unknown_cost_status", "cost_status"),
        ([("errors_only", "perhaps")], "bad_parameter", "errors_only"),
        ([("limit", "0")], "bad_limit", "limit"),
        ([("limit", "1001")], "bad_limit", "limit"),
        ([("limit", "1"), ("limit", "2")], "given_twice", "limit"),
        ([("tz", "Mars/Olympus")], "unknown_zone", "tz"),
    ],
)
def test_a_bad_question_names_its_field(
    db: Database, params: list[tuple[str, str]], code: str, field: str
) -> None:
    answer = Reader(db).get(*params)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, field)


def test_a_reversed_range_is_refused(db: Database) -> None:
    reader = Reader(db)
    answer = request(reader.app, "/v1/events", key=reader.key, params=[("from", "now"), ("to", "-1h")])
    assert (answer.status, answer.body["code"]) == (422, "empty_range")
