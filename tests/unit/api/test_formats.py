"""Which format a caller gets, and what a value becomes in each of them."""

import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from pyarrow import parquet  # type: ignore[import-untyped]

from analytics_hub.api.rest.formats import Format, best_format
from analytics_hub.api.rest.formats_parquet import write_parquet
from analytics_hub.api.rest.formats_text import write_csv, write_ndjson
from analytics_hub.api.rest.table import Column, Kind, Table
from analytics_hub.domain.errors import NotAcceptable, TooMuch
from tests.support.api_world import World

KOLKATA = "Asia/Kolkata"
MOMENT = datetime(2026, 11, 5, 0, 0, tzinfo=ZoneInfo(KOLKATA))
BYTES_MAX = 100_000


def a_table() -> Table:
    return Table(
        (
            Column("start", Kind.TIME, KOLKATA),
            Column("model", Kind.TEXT),
            Column("other", Kind.FLAG),
            Column("events", Kind.COUNT),
            Column("cost_usd", Kind.MONEY),
            Column("error_rate", Kind.NUMBER),
        ),
        [
            (MOMENT, 'a "b", c\n', False, 2**62, "12345678901234567890.000000000001", 0.1),
            (MOMENT, "=1+1", False, -1, "-0.50", None),
            (MOMENT, "", False, 0, "0.00", 1e-07),
            (None, None, True, None, None, None),
        ],
        {"fresh_until": datetime(2026, 11, 5, tzinfo=UTC), "coverage": {"events": 3, "event_share": None}},
    )


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", Format.JSON),
        ("application/*", Format.JSON),
        ("text/*", Format.CSV),
        ("text/csv", Format.CSV),
        ("TEXT/CSV ; charset=utf-8", Format.CSV),
        ("text/csv;q=0.5, application/x-ndjson", Format.NDJSON),
        ("text/csv, */*", Format.CSV),
        ("application/vnd.apache.parquet, text/csv", Format.PARQUET),
        ("application/json;q=0, */*;q=0.1", Format.CSV),
        ("application/json;q=0.2, application/*;q=0.9", Format.NDJSON),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", Format.JSON),
        ("nonsense, ;q=1, text/csv;q=high, text/csv;q=0.3", Format.CSV),
    ],
)
def test_the_caller_gets_the_format_they_like_best(accept: str, expected: Format) -> None:
    assert best_format([accept]) is expected


def test_several_accept_headers_are_one_list() -> None:
    assert best_format(["text/csv;q=0.1", "application/x-ndjson"]) is Format.NDJSON


@pytest.mark.parametrize(
    "accept", ["text/html", "*/*;q=0", "nonsense", "application/json;q=0", "text/csv;q=2"]
)
def test_a_caller_who_takes_none_of_ours_is_told_what_there_is(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="not_acceptable") as caught:
        best_format([accept])
    assert caught.value.field == "Accept"
    assert all(format_.value in caught.value.message for format_ in Format)


def test_csv_quotes_what_it_must_and_tells_null_from_the_empty_text() -> None:
    lines = write_csv(a_table(), bytes_max=BYTES_MAX).decode().split("\r\n")
    assert lines == [
        "start,model,other,events,cost_usd,error_rate",
        '2026-11-05T00:00:00+05:30,"a ""b"", c\n",false,4611686018427387904,12345678901234567890.000000000001,0.1',
        "2026-11-05T00:00:00+05:30,=1+1,false,-1,-0.50,",
        '2026-11-05T00:00:00+05:30,"",false,0,0.00,1e-07',
        ",,true,,,",
        "",
    ]


def test_ndjson_is_one_object_a_line_spelled_as_in_json() -> None:
    content = write_ndjson(a_table(), bytes_max=BYTES_MAX)
    assert content.endswith(b"\n")
    rows = [orjson.loads(line) for line in content.splitlines()]
    assert len(rows) == 4
    assert rows[1] == {
        "start": "2026-11-05T00:00:00+05:30",
        "model": "=1+1",
        "other": False,
        "events": -1,
        "cost_usd": "-0.50",
        "error_rate": None,
    }


def read_parquet(content: bytes) -> Any:
    return parquet.read_table(io.BytesIO(content))


def test_parquet_keeps_types_money_exactly_and_moments_with_their_zone() -> None:
    found = read_parquet(write_parquet(a_table(), bytes_max=BYTES_MAX))
    assert [str(field.type) for field in found.schema] == [
        f"timestamp[us, tz={KOLKATA}]",
        "string",
        "bool",
        "int64",
        "decimal128(38, 12)",
        "double",
    ]
    rows = found.to_pylist()
    assert rows[0]["start"] == MOMENT
    assert rows[0]["cost_usd"] == Decimal("12345678901234567890.000000000001")
    assert (rows[0]["events"], rows[0]["model"]) == (2**62, 'a "b", c\n')
    assert rows[2]["model"] == ""
    assert set(rows[3].values()) == {None, True}


def test_parquet_carries_what_is_true_of_the_whole_answer() -> None:
    metadata = read_parquet(write_parquet(a_table(), bytes_max=BYTES_MAX)).schema.metadata
    assert metadata[b"hub.fresh_until"] == b'"2026-11-05T00:00:00Z"'
    assert orjson.loads(metadata[b"hub.coverage"]) == {"events": 3, "event_share": None}


@pytest.mark.parametrize("write", [write_csv, write_ndjson, write_parquet])
def test_every_format_is_bounded(write: Any) -> None:
    with pytest.raises(TooMuch, match="answer_too_long"):
        write(a_table(), bytes_max=100)


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/ledger"])
@pytest.mark.parametrize("wanted", [one for one in Format if one is not Format.JSON])
def test_an_answer_comes_in_every_format(path: str, wanted: Format) -> None:
    world = World()
    answer = world.get(path, world.query_key, headers={"Accept": wanted.value})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(wanted.value)
    assert answer.headers["vary"] == "Accept, Authorization"
    assert answer.content


def test_what_is_true_of_the_whole_answer_travels_in_headers() -> None:
    world = World()
    answer = world.get("/v1/usage", world.query_key, headers={"Accept": "text/csv"})
    assert answer.headers["hub-fresh-until"] == "2026-11-05T12:30:00Z"
    assert answer.headers["hub-coverage"].startswith("events=10, unpriced_events=0, ")
    assert re.fullmatch(r"usage_\w+=\d+(, usage_\w+=\d+)*", answer.headers["hub-levels"])
    assert answer.content == b"events,errors,total_tokens,cost_usd\r\n10,0,0,0.000000000005\r\n"


def test_a_caller_who_takes_nothing_of_ours_gets_a_problem() -> None:
    world = World()
    answer = world.get("/v1/usage", world.query_key, headers={"Accept": "text/html"})
    assert (answer.status, answer.body["code"], answer.body["field"]) == (406, "not_acceptable", "Accept")
