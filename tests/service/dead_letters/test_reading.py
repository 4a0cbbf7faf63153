"""`GET /v1/dead-letters` over HTTP on a real database: pages, payloads, scopes and the wall between tenants."""

from datetime import timedelta

import pytest
from fastapi import FastAPI

from analytics_hub.api.app import create_app
from analytics_hub.api.rest.dead_letters_wire import DeadLetterBody, DeadLettersBody
from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import ApiSettings
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.tenancy.issue import issue_key
from tests.support.database import Database
from tests.support.http import Answer, request
from tests.support.ingest import PostgresStored, event, prepared
from tests.support.letters import keep, letter
from tests.support.services import NOW, open_services

LIST = "/v1/dead-letters"


class Reader:
    """A tenant and a key of it."""

    def __init__(self, db: Database, slug: str, scope: str = "query") -> None:
        self._db = db
        self.tenant = db.add_tenant(slug)
        with db.connect("hub_maint") as connection:
            self.key = issue_key(PostgresKeyBook(connection), TenantId(self.tenant), [scope]).text

    @property
    def app(self) -> FastAPI:
        return create_app(lambda: open_services(self._db.reader_dsn), ApiSettings())

    def get(self, path: str = LIST, *params: tuple[str, str]) -> Answer:
        return request(self.app, path, key=self.key, params=params)

    def keep(self, payload: bytes = b"{}", *, minutes: int = 1, code: str = "missing_id") -> int:
        one = letter(1, NOW - timedelta(minutes=minutes), payload=payload, code=code)
        return keep(self._db, self.tenant, one)


def test_what_a_flush_refused_is_read_back_as_it_arrived(db: Database) -> None:
    reader = Reader(db, "acme")
    stored = PostgresStored(db, "flushed")
    broken = [b'{"id": "a",', event(1, usage={"input_tokens": -1})]
    stored.sink.flush(prepared([event(2), *broken], reader.tenant))
    stored.close()
    listed = DeadLettersBody.model_validate(reader.get(LIST, ("from", "-1h")).body).dead_letters
    letters = [DeadLetterBody.model_validate(reader.get(f"{LIST}/{one.id}").body) for one in listed]
    assert {(one.position, one.payload) for one in letters} == {
        (number, payload.decode()) for number, payload in zip((2, 3), broken, strict=True)
    }
    assert all(one.origin == "test" and one.message and not one.payload_truncated for one in letters)


def test_pages_follow_the_cursor_to_the_end(db: Database) -> None:
    reader = Reader(db, "acme")
    made = [reader.keep(minutes=minutes) for minutes in range(7, 0, -1)]
    seen: list[int] = []
    params = [("limit", "3")]
    for _ in range(3):
        body = DeadLettersBody.model_validate(reader.get(LIST, *params).body)
        seen += [one.id for one in body.dead_letters]
        params = [("limit", "3"), ("cursor", body.next or "")]
    assert seen == made[::-1]
    assert body.next is None


def test_a_list_shows_the_beginning_and_a_letter_the_whole(db: Database) -> None:
    reader = Reader(db, "acme")
    number = reader.keep("é".encode() * 40)  # 80 bytes; the list shows 64 of them
    (shown,) = reader.get().body["dead_letters"]
    whole = DeadLetterBody.model_validate(reader.get(f"{LIST}/{number}").body)
    assert (shown["payload"], shown["payload_bytes"]) == ("é" * 32, 80)
    assert whole.payload == "é" * 40


def test_a_payload_that_is_no_text_comes_as_base64(db: Database) -> None:
    reader = Reader(db, "acme")
    number = reader.keep(b"\xff\x00")
    body = reader.get(f"{LIST}/{number}").body
    assert (body["payload"], body["payload_encoding"]) == ("/wA=", "base64")


def test_filters_by_code(db: Database) -> None:
    reader = Reader(db, "acme")
    reader.keep(code="missing_id")
    wanted = reader.keep(code="too_old")
    assert [one["id"] for one in reader.get(LIST, ("code", "too_old")).body["dead_letters"]] == [wanted]


def test_a_neighbour_sees_nothing_and_its_cursor_is_refused(db: Database) -> None:
    ours, theirs = Reader(db, "ours"), Reader(db, "theirs")
    foreign = [theirs.keep(minutes=minutes) for minutes in (1, 2)]
    cursor = theirs.get(LIST, ("limit", "1")).body["next"]
    assert ours.get().body == {"dead_letters": [], "next": None}
    refused = ours.get(LIST, ("cursor", cursor))
    assert (refused.status, refused.body["code"]) == (422, "bad_cursor")
    for number in foreign:
        assert ours.get(f"{LIST}/{number}").status == 404


def test_a_key_that_may_only_send_may_not_read(db: Database) -> None:
    assert Reader(db, "acme", "ingest").get().status == 403


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ([("limit", "0")], "bad_limit"),
        ([("limit", "101")], "bad_limit"),
        ([("limit", "x")], "bad_parameter"),
        ([("from", "-20000d")], "range_too_long"),
        ([("from", "now"), ("to", "-1h")], "empty_range"),
        ([("code", "x' OR 1=1 --")], "bad_code"),
        ([("origin", "a\0")], "bad_origin"),
        ([("cursor", "")], "bad_cursor"),
        ([("cursor", "a" * 40)], "bad_cursor"),
        ([("kode", "too_old")], "unknown_parameter"),
        ([("limit", "1"), ("limit", "2")], "given_twice"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    db: Database, params: list[tuple[str, str]], code: str
) -> None:
    refused = Reader(db, "acme").get(LIST, *params)
    assert (refused.status, refused.body["code"]) == (422, code)


@pytest.mark.parametrize("number", ["0", "9223372036854775808"])
def test_a_number_that_cannot_be_one_is_refused(db: Database, number: str) -> None:
    assert Reader(db, "acme").get(f"{LIST}/{number}").status == 422


@pytest.mark.parametrize("word", ["-1", "x", "1.0"])
def test_what_is_no_number_is_no_path(db: Database, word: str) -> None:
    found = Reader(db, "acme").get(f"{LIST}/{word}")
    assert (found.status, found.body["code"]) == (404, "no_such_path")
