"""`GET /v1/users` over HTTP on a real database: exact by user while events come late and hours are closed."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from analytics_hub.api.rest.users_wire import UsersBody
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.storage.closer import close_due
from tests.support.database import Database
from tests.support.ingest import event
from tests.support.reader import HOSTILE, Reader
from tests.support.services import NOW

RANGE = (("from", "2026-11-03"), ("to", "2026-11-06"))


def line(number: int, user: str, day: int, model: str = "gpt-4o") -> bytes:
    """A thousand input tokens and a hundred output tokens; 0.0035 USD of gpt-4o."""
    return event(
        number,
        user=user,
        model=model,
        time=f"2026-11-0{day}T07:{number:02}:00Z",
        usage={"input_tokens": 1000, "output_tokens": 100},
    )


def three_days(db: Database, slug: str = "acme") -> Reader:
    """ann: four events, bob: two, nobody: one."""
    reader = Reader(db, slug, "/v1/users", RANGE)
    users = ["ann", "bob", "ann", "", "ann", "bob", "ann"]
    reader.flush(*(line(number, user, 3 + number % 3) for number, user in enumerate(users)))
    return reader


def close(db: Database) -> None:
    with db.connect("hub_maint") as connection:
        close_due(connection, NOW)


def events_by_user(body: dict[str, Any]) -> dict[str, Any]:
    return {series["group"].get("user", "other"): series["total"]["events"] for series in body["series"]}


def test_users_come_by_cost_and_nobody_is_no_user(db: Database) -> None:
    reader = three_days(db)
    for _ in range(2):
        body = UsersBody.model_validate(reader.get().body)
        assert [(one.group["user"], one.total["cost_usd"]) for one in body.series] == [
            ("ann", "0.014"),
            ("bob", "0.007"),
            ("", "0.0035"),
        ]
        assert (body.users, body.total["events"], body.coverage.event_share) == (2, 7, 1.0)
        close(db)
    assert {read.level for read in body.levels} == {"usage_user_1d", "usage_user_1h", "usage_events"}


def test_a_late_event_is_seen_at_once(db: Database) -> None:
    reader = three_days(db)
    close(db)
    reader.flush(line(30, "zoe", 3, "no-such-model"))
    body = reader.get(("order", "-events")).body
    assert events_by_user(body) == {"ann": 4, "bob": 2, "": 1, "zoe": 1}
    assert body["coverage"]["unpriced_events"] == 1


def test_everybody_past_the_limit_is_other(db: Database) -> None:
    body = three_days(db).get(("top", "1")).body
    assert events_by_user(body) == {"ann": 4, "other": 3}
    assert [series["other"] for series in body["series"]] == [False, True]
    assert body["users"] == 2


def test_users_by_day_and_by_model(db: Database) -> None:
    reader = three_days(db)
    close(db)
    reader.flush(line(30, "ann", 5, "o3"))
    by_day = reader.get(("interval", "1d"), ("top", "1"), ("tz", "Asia/Kolkata")).body["series"][0]["points"]
    assert [(point["start"], point["values"]["events"]) for point in by_day] == [
        ("2026-11-03T00:00:00+05:30", 2),
        ("2026-11-04T00:00:00+05:30", 1),
        ("2026-11-05T00:00:00+05:30", 2),
    ]
    by_model = reader.get(("group_by", "model"), ("order", "-events")).body["series"]
    assert by_model[0]["group"] == {"user": "ann", "model": "gpt-4o"}
    assert {tuple(one["group"].values()): one["total"]["events"] for one in by_model} == {
        ("ann", "gpt-4o"): 4,
        ("bob", "gpt-4o"): 2,
        ("", "gpt-4o"): 1,
        ("ann", "o3"): 1,
    }
    assert events_by_user(reader.get(("filter.model", "o3")).body) == {"ann": 1}


def test_the_table_says_what_the_body_says(db: Database) -> None:
    reader = three_days(db)
    body = reader.get(("top", "2")).body
    rows = list(csv.DictReader(io.StringIO(reader.get(("top", "2"), accept="text/csv").content.decode())))
    assert [(row["user"], row["other"]) for row in rows] == [("ann", "false"), ("bob", "false"), ("", "true")]
    assert [Decimal(row["cost_usd"]) for row in rows] == [
        Decimal(series["total"]["cost_usd"]) for series in body["series"]
    ]


def test_a_key_sees_its_own_users_only(db: Database) -> None:
    three_days(db)
    other = Reader(db, "other", "/v1/users", RANGE)
    other.flush(line(1, "eve", 3))
    assert events_by_user(other.get().body) == {"eve": 1}
    assert other.get(key=Reader(db, "writes", "/v1/users", scope="ingest").key).status == 403


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_word_is_a_value_and_nothing_else(db: Database, hostile: str) -> None:
    reader = three_days(db)
    for name in DIMENSIONS:
        assert reader.get((f"filter.{name}", hostile)).body["series"] == []
    reader.flush(line(40, hostile, 4))
    assert hostile.strip() in {user.strip() for user in events_by_user(reader.get().body)}
    for name in ("from", "interval", "tz", "order", "metrics", "group_by", "top"):
        answer = reader.get((name, hostile))
        assert (answer.status, bool(answer.body["field"])) == (422, True)


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ([("metrics", "latency_p95_ms")], "unknown_metric", "metrics"),
        ([("order", "-latency_p95_ms")], "not_orderable", "order"),
        ([("top", "0")], "bad_limit", "top"),
        ([("limit", "0")], "bad_limit", "limit"),
        ([("top", "1"), ("limit", "1")], "given_twice", "limit"),
        ([("fill", "true")], "unknown_parameter", "fill"),
        ([("group_by", "user")], "unknown_dimension", "group_by"),
        ([("group_by", "tag.team")], "undeclared_tag", "group_by"),
        ([("tz", "Mars/Olympus")], "unknown_zone", "tz"),
    ],
)
def test_a_bad_question_names_its_field(
    db: Database, params: list[tuple[str, str]], code: str, field: str
) -> None:
    answer = Reader(db, "acme", "/v1/users", RANGE).get(*params)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, field)


def test_what_reads_raw_events_is_refused_over_a_long_range_with_a_hint(db: Database) -> None:
    reader = Reader(db, "acme", "/v1/users")
    answer = reader.get(("from", "2026-10-01"), ("to", "2026-11-05"), ("group_by", "model"))
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, "range_too_long", "from")
    assert "at most 7 days" in answer.body["detail"]
