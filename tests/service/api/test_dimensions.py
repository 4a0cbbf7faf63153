"""`GET /v1/dimensions` over HTTP on a real database: values by their events, before and after hours are closed."""

from typing import Any

import pytest

from analytics_hub.api.rest.dimensions_wire import DimensionsBody
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.storage.closer import close_due
from tests.support.database import Database
from tests.support.ingest import event
from tests.support.reader import HOSTILE, Reader
from tests.support.services import NOW

RANGE = (("from", "2026-11-03"), ("to", "2026-11-06"))
MODELS = ["gpt-4o", "gpt-4o", "gpt-4o-mini", "o3", "o3", "o3", ""]


def three_days(db: Database, slug: str = "acme") -> Reader:
    reader = Reader(db, slug, "/v1/dimensions", RANGE)
    reader.flush(
        *(
            event(number, provider="", model=model or "unknown", time=f"2026-11-0{3 + number % 3}T07:00:00Z")
            for number, model in enumerate(MODELS)
        )
    )
    return reader


def values(body: dict[str, Any], name: str = "model") -> list[tuple[str, int]]:
    (one,) = [one for one in body["dimensions"] if one["name"] == name]
    return [(value["value"], value["events"]) for value in one["values"]]


def test_values_come_by_their_events_whether_closed_or_not(db: Database) -> None:
    reader = three_days(db)
    for levels in ({"usage_1m"}, {"usage_1d_facet", "usage_1h_facet"}):
        body = reader.get(("dimension", "model")).body
        DimensionsBody.model_validate(body)
        assert values(body) == [("o3", 3), ("gpt-4o", 2), ("gpt-4o-mini", 1), ("unknown", 1)]
        assert {read["level"] for read in body["levels"]} & levels
        with db.connect("hub_maint") as connection:
            close_due(connection, NOW)


def test_a_prefix_in_whatever_case_chooses_and_a_limit_says_how_many_there_are(db: Database) -> None:
    body = three_days(db).get(("dimension", "model"), ("q", "GPT"), ("limit", "1")).body
    assert values(body) == [("gpt-4o", 2)]
    assert (body["dimensions"][0]["matching"], body["dimensions"][0]["complete"]) == (2, True)


def test_without_a_name_every_dimension_and_declared_tag_is_there(db: Database) -> None:
    reader = three_days(db)
    with db.connect("hub_maint") as maint:
        maint.execute("UPDATE hub.tenants SET declared_tags = '{team}'")
    body = reader.get().body
    assert [one["name"] for one in body["dimensions"]] == [*DIMENSIONS, "tag.team"]
    assert values(body, "tag.team") == [("", 7)]


def test_the_start_is_widened_to_a_whole_day(db: Database) -> None:
    body = three_days(db).get(("dimension", "status")).body
    assert body["from"] == "2026-11-03T00:00:00Z"
    later = (
        Reader(db, "later", "/v1/dimensions")
        .get(("from", "2026-11-03T17:31:05+02:00"), ("to", "2026-11-06"))
        .body
    )
    assert later["from"] == "2026-11-03T00:00:00Z"


def test_a_key_sees_its_own_values_only(db: Database) -> None:
    three_days(db)
    other = Reader(db, "other", "/v1/dimensions", RANGE)
    assert values(other.get(("dimension", "model")).body) == []
    assert other.get(key=Reader(db, "writes", "/v1/dimensions", scope="ingest").key).status == 403


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_word_is_a_value_and_nothing_else(db: Database, hostile: str) -> None:
    reader = three_days(db)
    assert values(reader.get(("dimension", "model"), ("q", hostile)).body) == []
    answer = reader.get(("dimension", hostile))
    assert (answer.status, answer.body["code"], answer.body["field"]) == (
        422,
        "unknown_dimension",
        "dimension",
    )


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ([("dimension", "tag.team")], "undeclared_tag", "dimension"),
        ([("dimension", "user")], "unknown_dimension", "dimension"),
        ([("q", "a\0")], "filter_value", "q"),
        ([("limit", "0")], "bad_limit", "limit"),
        ([("limit", "1001")], "bad_limit", "limit"),
        ([("limit", "many")], "bad_parameter", "limit"),
        ([("prefix", "g")], "unknown_parameter", "prefix"),
    ],
)
def test_a_bad_question_names_its_field(
    db: Database, params: list[tuple[str, str]], code: str, field: str
) -> None:
    answer = Reader(db, "acme", "/v1/dimensions", RANGE).get(*params)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, field)
