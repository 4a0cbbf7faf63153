"""`GET /v1/events` over HTTP on a real database: pages, exact money, hostile words, the wall between tenants."""

import csv
import io
from datetime import timedelta

import orjson
import pytest

from analytics_hub.api.rest.events_wire import EventsBody
from analytics_hub.domain.raw_event import EVENT_FIELDS
from analytics_hub.domain.series import DIMENSIONS
from tests.support.database import Database
from tests.support.http import request
from tests.support.ingest import event
from tests.support.reader import HOSTILE, Reader
from tests.support.services import NOW

DAY = (("from", "2026-11-05"), ("to", "2026-11-06"))


def reader_of(db: Database, slug: str = "acme", *lines: bytes, scope: str = "query") -> Reader:
    reader = Reader(db, slug, "/v1/events", DAY, scope=scope)
    if lines:
        reader.flush(*lines)
    return reader


def test_an_event_is_shown_with_exact_money_and_its_dimensions(db: Database) -> None:
    lines = event(1, user="ann", usage={"input_tokens": 3, "output_tokens": 1})
    answer = reader_of(db, "acme", lines).get()
    (one,) = EventsBody.model_validate(answer.body).events
    assert (one.id, one.user, one.dimensions["model"], one.total_tokens) == ("event-1", "ann", "gpt-4o", 4)
    assert one.cost_usd == "0.0000175"
    assert one.cost_lines_usd["input"] == "0.0000075"
    assert (one.latency_ms, one.ttft_ms, one.cost_status) == (6.0, None, "priced")
    assert one.price_id is not None
    assert -(2**63) <= int(one.price_id) < 2**63
    assert answer.headers["cache-control"].startswith("private")


def test_pages_follow_the_cursor_to_the_end_while_events_arrive(db: Database) -> None:
    reader = reader_of(db, "acme", *(event(number) for number in range(7)))
    seen: list[str] = []
    cursor: tuple[tuple[str, str], ...] = ()
    while True:
        body = EventsBody.model_validate(reader.get(("limit", "3"), *cursor).body)
        seen += [one.id for one in body.events]
        if body.next is None:
            break
        cursor = (("cursor", body.next),)
        reader.flush(event(100 + len(seen), time=(NOW - timedelta(seconds=1)).isoformat()))
    assert seen == [f"event-{number}" for number in range(6, -1, -1)]


def test_a_forged_or_foreign_cursor_is_refused(db: Database) -> None:
    ours = reader_of(db, "ours", *(event(number) for number in range(4)))
    theirs = reader_of(db, "theirs", *(event(number) for number in range(4)))
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
    ours, theirs = reader_of(db, "ours", event(1)), reader_of(db, "theirs", event(2), event(3))
    assert [one["id"] for one in ours.get().body["events"]] == ["event-1"]
    assert len(theirs.get().body["events"]) == 2
    assert ours.get(key=reader_of(db, "writes", scope="ingest").key).status == 403


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_word_is_a_value_and_nothing_else(db: Database, hostile: str) -> None:
    reader = reader_of(db, "acme", event(1))
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
    answer = reader_of(db).get(*params)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, field)


def test_a_reversed_range_is_refused(db: Database) -> None:
    reader = reader_of(db)
    answer = request(reader.app, "/v1/events", key=reader.key, params=[("from", "now"), ("to", "-1h")])
    assert (answer.status, answer.body["code"]) == (422, "empty_range")


def test_csv_and_ndjson_have_the_same_events(db: Database) -> None:
    reader = reader_of(db, "acme", *(event(number, tags={"a": "1,2"}) for number in range(3)))
    shown = reader.get().body["events"]
    lines = reader.get(accept="application/x-ndjson").content.splitlines()
    for one, row in zip(shown, map(orjson.loads, lines), strict=True):
        assert (row["id"], row["cost_usd"], row["model"]) == (
            one["id"],
            one["cost_usd"],
            one["dimensions"]["model"],
        )
        assert (row["input_tokens"], orjson.loads(row["tags"])) == (one["tokens"]["input"], one["tags"])
    table = reader.get(("limit", "2"), accept="text/csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode())))
    assert [row["id"] for row in rows] == [one["id"] for one in shown[:2]]
    assert table.headers["hub-next"] == reader.get(("limit", "2")).body["next"]


def test_what_the_caller_holds_is_not_made_again_until_an_event_comes(db: Database) -> None:
    reader = reader_of(db, "acme", event(1))
    tag = reader.get().headers["etag"]
    assert reader.get(held=tag).status == 304
    reader.flush(event(2))
    assert len(reader.get(held=tag).body["events"]) == 2
